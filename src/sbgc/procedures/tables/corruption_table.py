"""Accuracy and log-likelihood by corruption and severity (SBGC A.2.2, figure 4), and their means (SBGC table 2)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from sbgc.artifacts import Matrix
from sbgc.procedures.tables import corruption_error, matrices, statistics
from sbgc.procedures.tables.corruption_cells import Cell, mean_cell, measures, of_models
from sbgc.procedures.tables.corruption_error import Errors
from sbgc.procedures.tables.statistics import Statistics


def corruption_table(clean: Sequence[Matrix], corrupted: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """For each model and seed: a row for the clean images (severity 0), and one for each corruption and severity.

    Accuracies have Wilson intervals, and log p(x) has bootstrap intervals over images. Raises ArtifactError when the
    cells of a model are not all of the same images.
    """
    tables = []
    for original, cells, matrix in of_models(clean, corrupted):
        of_accuracy, dim = statistics.proportion, matrix.meta["dim"]
        rows = [
            {"corruption": cell.corruption, "severity": cell.severity}
            | measures(cell, original, dim, of_accuracy, settings)
            for cell in (original, *cells)
        ]
        tables.append(matrices.tidy(matrix, pd.DataFrame(rows)))
    return pd.concat(tables, ignore_index=True)


def means_table(
    clean: Sequence[Matrix],
    corrupted: Sequence[Matrix],
    noises: Collection[str],
    baseline: str | None,
    settings: Statistics,
    others: Mapping[tuple[str, int], Errors] | None = None,
) -> pd.DataFrame:
    """Per model and seed, a row each for average = "clean", "all", "main" and "without_noises", over the same images.

    "main" leaves out CIFAR-10-C's four extra corruptions. Means over corruptions and severities are unweighted.
    Corruptions share images, so their intervals are percentile bootstraps in which an image is drawn together with all
    its corruptions. The accuracy of "clean" has Wilson's interval. An average without corruptions has no row. mCE is of
    the "main" corruptions, against the model `baseline` of the same seed (corruption_error.py). `others` holds the
    errors of further models by model and seed, and the baseline may be among them.
    """
    models = list(of_models(clean, corrupted))
    errors = errors_of(models) | dict(others or {})
    tables = []
    for original, cells, matrix in models:
        model, seed = matrices.of_model(matrix)
        dim, nothing = matrix.meta["dim"], corruption_error.against(None, None, settings)
        measured = measures(original, original, dim, statistics.proportion, settings)
        rows = [{"average": "clean", **measured, **nothing, "corruptions": ""}]
        for average, group in _groups(cells, noises):
            ratios = nothing
            if average == "main":
                reference = errors.get((baseline or "", seed))
                ratios = corruption_error.against(errors.get((model, seed)), reference, settings)
            measured = measures(mean_cell(group), original, dim, statistics.mean, settings)
            names = ", ".join(dict.fromkeys(cell.corruption for cell in group))
            rows.append({"average": average, **measured, **ratios, "corruptions": names})
        tables.append(matrices.tidy(matrix, pd.DataFrame(rows)))
        tables[-1].insert(len(matrices.IDENTITY), "split", matrix.meta["split"])
    return pd.concat(tables, ignore_index=True)


def _groups(cells: list[Cell], noises: Collection[str]) -> Iterator[tuple[str, list[Cell]]]:
    """The averages that have any corruptions, with their cells."""
    for average, without in corruption_error.left_out(noises).items():
        if group := [cell for cell in cells if cell.corruption not in without]:
            yield average, group


def errors_of(models: Iterable[tuple[Cell, list[Cell], Matrix]]) -> dict[tuple[str, int], Errors]:
    """The errors of all models that learn classes, by model and seed, from their clean and their corrupted cells."""
    found = {}
    for original, cells, matrix in models:
        if original.correct is not None:
            kinds: dict[str, list[np.ndarray]] = {}
            for cell in cells:
                kinds.setdefault(cell.corruption, []).append(cell.errors)
            shares = {kind: np.mean(errors, axis=0) for kind, errors in kinds.items()}
            found[matrices.of_model(matrix)] = Errors(original.images, original.errors, shares)
    return found
