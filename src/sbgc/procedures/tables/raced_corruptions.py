"""Accuracy of all images under corruptions, where models whose likelihood is estimated race (SBGC table 2).

The other models need one evaluation per image at most, and do not race. They are scored on the raced images, because
the corruption error of a race needs the errors of the baseline on the same images.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import corruption_error, matrices, statistics
from sbgc.procedures.tables.corruption_cells import of_models
from sbgc.procedures.tables.corruption_error import Errors
from sbgc.procedures.tables.corruption_table import errors_of, means_table
from sbgc.procedures.tables.statistics import Statistics

RACED, SCORED = "{}, raced", "{}, raced images"  # a model's names in tables that also hold its scores of other images


def raced_means(
    races: pd.DataFrame,
    clean: Sequence[Matrix],
    scored: Sequence[Matrix],
    noises: Collection[str],
    baseline: str | None,
    settings: Statistics,
) -> pd.DataFrame:
    """The rows of `means_table` for every model and seed that raced or was scored.

    races: one row per image, corruption and severity, as race_table.py makes them. clean: class scores of the
    same images without corruption, by all these models. scored: class scores of all corrupted images, by the models
    that do not race. In the rows of a race, draws is the largest number that an image took. Raises ArtifactError when
    an image was not raced under every corruption and severity, or when its clean image is missing.
    """
    errors = errors_of(of_models(clean, scored))
    raced = {key: (rows, _answers(rows)) for key, rows in races.groupby(["model", "seed"], sort=False)}
    errors_of_races = {key: _errors(rows, answers, clean) for key, (rows, answers) in raced.items()}
    reference = {seed: of for (model, seed), of in (errors | errors_of_races).items() if model == baseline}
    tables = []
    for key, (rows, answers) in raced.items():
        against = corruption_error.against(errors_of_races[key], reference.get(key[1]), settings)
        measured = _measured(errors_of_races[key], answers, against, noises, settings)
        tables += [pd.DataFrame([_facts(rows) | one]) for one in measured]
    if scored:
        means = means_table(clean, scored, noises, baseline, settings, errors_of_races)
        tables.append(means.assign(model=[SCORED.format(model) for model in means.model]))
    return pd.concat(tables, ignore_index=True)


def _answers(rows: pd.DataFrame) -> pd.DataFrame:
    """1.0 where a race found the label, with a row per image, in order of index, and a column per corrupted version."""
    correct, race = (rows.winner == rows.label).astype(float), ["index", "corruption", "severity"]
    if (twice := rows.duplicated(race)).any():
        index, corruption, severity = rows.loc[twice, race].iloc[0]
        where = f"image {index} comes twice under {corruption}, severity {severity}"
        raise ArtifactError(f"races of {rows.model.iloc[0]}: {where}")
    answers = correct.groupby([rows[name] for name in race]).mean().unstack([1, 2])
    if answers.isna().any(axis=None):
        raise ArtifactError(f"races of {rows.model.iloc[0]}: not the same images under every corruption")
    return answers.sort_index(axis=1)


def _errors(rows: pd.DataFrame, answers: pd.DataFrame, clean: Sequence[Matrix]) -> Errors:
    """The errors of one model's races, by corruption.

    On clean images they are the errors of its class scores, averaged over as many draws as a race took at most.
    """
    of_kind = 1.0 - answers.T.groupby("corruption").mean().T
    first, images = rows.iloc[0], of_kind.index.to_numpy()
    for matrix in clean:
        if matrices.of_model(matrix) == (first.model, first.seed) and np.isin(images, matrix.index).all():
            place = np.argsort(matrix.index)
            mine = matrices.take(matrix, place[np.searchsorted(matrix.index, images, sorter=place)])
            scores = matrices.class_scores(matrices.first_draws(mine, max(1, int(rows.draws.max()))))
            wrong = 1.0 - metrics.correct(scores, mine.labels)
            return Errors(images, wrong, {kind: of_kind[kind].to_numpy() for kind in of_kind})
    raise ArtifactError(f"races of {first.model}: no clean matrix of it holds all their images")


def _facts(rows: pd.DataFrame) -> dict[str, Any]:
    """The facts in every row of one model's races."""
    first = rows.iloc[0]
    return {name: first[name] for name in matrices.IDENTITY} | {
        "model": RACED.format(first.model),
        "split": "test",
        "num_images": rows["index"].nunique(),
        "draws": int(rows.draws.max()),
        "nfe_per_image": float(rows.nfe.mean()),
        "expected_flips_percent": float(100 * rows.flip_probability.mean()),
        "source": " and ".join(sorted(rows.source.unique())),
    }


def _measured(
    errors: Errors, answers: pd.DataFrame, against: dict[str, Any], noises: Collection[str], settings: Statistics
) -> Iterator[dict[str, Any]]:
    """The accuracy of each average with its interval, the clean images first."""
    kinds = answers.columns.get_level_values("corruption")
    yield {"average": "clean", "corruptions": "", "source": ""} | _accuracy(1.0 - errors.clean, settings, True)
    for average, without in corruption_error.left_out(noises).items():
        kept = ~kinds.isin(list(without))
        if kept.any():
            names = {"average": average, "corruptions": ", ".join(dict.fromkeys(kinds[kept]))}
            ratios = against if average == "main" else {}
            yield names | _accuracy(answers.loc[:, kept].to_numpy().mean(axis=1), settings, False) | ratios


def _accuracy(correct: np.ndarray, settings: Statistics, of_clean: bool) -> dict[str, Any]:
    found = (statistics.proportion if of_clean else statistics.mean)(correct, settings)
    columns = {"accuracy": found.value, "accuracy_ci_low": found.low, "accuracy_ci_high": found.high}
    return columns | {"ci_level": settings.confidence}
