"""Accuracy under corruptions by racing: all images for what a tenth costs by likelihoods (SBGC table 2)."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError
from sbgc.procedures import corruption_error, matrices, statistics
from sbgc.procedures.statistics import Statistics

LABEL = "{}, raced"  # of a model, in tables that hold its likelihoods too


def raced_means(races: pd.DataFrame, noises: Collection[str], settings: Statistics) -> pd.DataFrame:
    """Per model and seed, a row each for average = "all", "main" and "without_noises", as `means_table` has them.

    races: one row an image, corruption and severity, as decisions.race_table makes them. draws: the most that an image
    took. Raises ArtifactError where an image was not raced under every corruption and severity.
    """
    tables = []
    for _, rows in races.groupby(["model", "seed"], sort=False):
        correct = (rows.winner == rows.label).astype(float)
        answers = correct.groupby([rows["index"], rows.corruption, rows.severity]).mean().unstack([1, 2])
        if answers.isna().any(axis=None):
            raise ArtifactError(f"races of {rows.model.iloc[0]}: not the same images under every corruption")
        kinds = answers.columns.get_level_values("corruption")
        for average, without in corruption_error.left_out(noises).items():
            kept = ~kinds.isin(list(without))
            if kept.any():
                tables.append(_row(rows, average, answers.loc[:, kept], settings))
    return pd.concat(tables, ignore_index=True)


def _row(rows: pd.DataFrame, average: str, answers: pd.DataFrame, settings: Statistics) -> pd.DataFrame:
    first, accuracy = rows.iloc[0], statistics.mean(answers.to_numpy().mean(axis=1), settings)
    identity = {name: first[name] for name in matrices.IDENTITY} | {"model": LABEL.format(first.model)}
    measured = {
        "split": "test",
        "average": average,
        "accuracy": accuracy.value,
        "accuracy_ci_low": accuracy.low,
        "accuracy_ci_high": accuracy.high,
        "num_images": len(answers),
        "draws": int(rows.draws.max()),
        "source": " and ".join(sorted(rows.source.unique())),
        "ci_level": settings.confidence,
        "corruptions": ", ".join(dict.fromkeys(answers.columns.get_level_values("corruption"))),
        "nfe_per_image": float(rows.nfe.mean()),
        "expected_flips_percent": float(100 * np.mean(rows.flip_probability)),
    }
    return pd.DataFrame([identity | measured])
