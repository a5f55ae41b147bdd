"""Accuracy under corruptions of all images, where score models race (SBGC table 2).

What needs one network evaluation for a classification or none, a classifier or a Gaussian, has its scores of all images
besides: a race's corruption error is against the baseline's on the same images.
"""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures import corruption_error, matrices, statistics
from sbgc.procedures.corruption_cells import of_models
from sbgc.procedures.corruption_error import Errors
from sbgc.procedures.corruption_table import errors_of, means_table
from sbgc.procedures.statistics import Interval, Statistics

RACED, SCORED = "{}, raced", "{}, all images"  # of a model, in tables that hold its likelihoods of fewer images too


def raced_means(
    races: pd.DataFrame,
    clean: Sequence[Matrix],
    scored: Sequence[Matrix],
    noises: Collection[str],
    baseline: str,
    settings: Statistics,
) -> pd.DataFrame:
    """The rows of `means_table`, of every model and seed that raced or was scored.

    races: one row an image, corruption and severity, as decisions.race_table makes them. clean: class scores of the
    same images without corruption, of all these models. scored: class scores of all corrupted images, of models that do
    not race. draws: of a race the most that an image took. Raises ArtifactError where an image was not raced under
    every corruption and severity, or its clean image is missing.
    """
    errors = {
        matrices.of_model(matrix): errors_of(original, cells) for original, cells, matrix in of_models(clean, scored)
    }
    raced = list(races.groupby(["model", "seed"], sort=False))
    errors |= {key: _errors(rows, clean) for key, rows in raced}
    tables = []
    for (model, seed), rows in raced:
        against = corruption_error.against(errors[model, seed], errors.get((baseline, seed)), settings)
        tables += [pd.DataFrame([row]) for row in _rows(rows, errors[model, seed], against, noises, settings)]
    if scored:
        means = means_table(clean, scored, noises, baseline, settings)
        tables.append(means.assign(model=[SCORED.format(model) for model in means.model]))
    return pd.concat(tables, ignore_index=True)


def _errors(rows: pd.DataFrame, clean: Sequence[Matrix]) -> Errors:
    """Of one model's races: where it errs, by corruption, and where it errs on the clean images by their scores."""
    by_kind = _answers(rows).T.groupby("corruption").mean().T
    images = by_kind.index.to_numpy()
    mine = [matrix for matrix in clean if matrices.of_model(matrix) == (rows.model.iloc[0], rows.seed.iloc[0])]
    for matrix in mine:
        if np.isin(images, matrix.index).all():
            of_images = matrices.take(matrix, np.isin(matrix.index, images))
            correct = metrics.correct(matrices.class_scores(of_images), of_images.labels)
            return Errors(images, 1.0 - correct, {kind: 1.0 - by_kind[kind].to_numpy() for kind in by_kind})
    raise ArtifactError(f"races of {rows.model.iloc[0]}: no clean matrix of it holds all their images")


def _answers(rows: pd.DataFrame) -> pd.DataFrame:
    """1.0 where a race found the label: a row an image, in order, a column a corruption and severity."""
    correct = (rows.winner == rows.label).astype(float)
    answers = correct.groupby([rows["index"], rows.corruption, rows.severity]).mean().unstack([1, 2])
    if answers.isna().any(axis=None):
        raise ArtifactError(f"races of {rows.model.iloc[0]}: not the same images under every corruption")
    return answers.sort_index(axis=1)


def _rows(
    rows: pd.DataFrame, errors: Errors, against: dict[str, float], noises: Collection[str], settings: Statistics
) -> Iterator[dict[str, object]]:
    answers = _answers(rows)
    kinds = answers.columns.get_level_values("corruption")
    yield _row(rows, "clean", statistics.proportion(1.0 - errors.clean, settings), [], settings)
    for average, without in corruption_error.left_out(noises).items():
        kept = ~kinds.isin(list(without))
        if kept.any():
            accuracy = statistics.mean(answers.loc[:, kept].to_numpy().mean(axis=1), settings)
            ratios = against if average == "main" else {}
            yield _row(rows, average, accuracy, list(dict.fromkeys(kinds[kept])), settings) | ratios


def _row(
    rows: pd.DataFrame, average: str, accuracy: Interval, kinds: list[str], settings: Statistics
) -> dict[str, object]:
    first = rows.iloc[0]
    raced = {
        "nfe_per_image": float(rows.nfe.mean()),
        "expected_flips_percent": float(100 * rows.flip_probability.mean()),
    }
    return {name: first[name] for name in matrices.IDENTITY} | {
        "model": RACED.format(first.model),
        "split": "test",
        "average": average,
        "accuracy": accuracy.value,
        "accuracy_ci_low": accuracy.low,
        "accuracy_ci_high": accuracy.high,
        "num_images": rows["index"].nunique(),
        "draws": int(rows.draws.max()),
        "source": " and ".join(sorted(rows.source.unique())),
        "ci_level": settings.confidence,
        "corruptions": ", ".join(kinds),
        **(raced if kinds else {}),
    }
