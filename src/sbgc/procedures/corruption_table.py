"""Accuracy and log-likelihood by corruption and severity (SBGC A.2.2, figure 4), and their means (SBGC table 2)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures import matrices, statistics
from sbgc.procedures.statistics import NOTHING, Interval, Statistics


class Cell(NamedTuple):
    """A corruption at a severity: of each image its index, correctness and log p(x) (nats; None for a classifier)."""

    corruption: str
    severity: int
    images: np.ndarray
    correct: np.ndarray
    log_prob: np.ndarray | None
    draws: int


def corruption_table(clean: Sequence[Matrix], corrupted: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """Per model and seed, a row for the clean images (severity 0) and one a corruption and severity.

    Accuracies have Wilson intervals, log p(x) has bootstrap intervals over images. Raises ArtifactError when the cells
    of a model differ in images.
    """
    tables = []
    for original, cells, matrix in _models(clean, corrupted):
        rows = [{"corruption": cell.corruption, "severity": cell.severity} for cell in [original, *cells]]
        measured = [_measured(cell, matrix.meta["dim"], statistics.proportion, settings) for cell in [original, *cells]]
        tables.append(
            matrices.tidy(matrix, pd.DataFrame([{**row, **values} for row, values in zip(rows, measured, strict=True)]))
        )
    return pd.concat(tables, ignore_index=True)


def means_table(
    clean: Sequence[Matrix], corrupted: Sequence[Matrix], noises: Collection[str], settings: Statistics
) -> pd.DataFrame:
    """Per model and seed, a row each for average = "clean", "all" and "without_noises", over the same images.

    Means over corruptions and severities are unweighted. Corruptions share images: their intervals are percentile
    bootstraps in which an image is drawn together with all its corruptions; of "clean" the accuracy's is Wilson's. No
    row "without_noises" where all are noises.
    """
    tables = []
    for original, cells, matrix in _models(clean, corrupted):
        kept = [cell for cell in cells if cell.corruption not in noises]
        rows = [
            {
                "average": "clean",
                **_measured(original, matrix.meta["dim"], statistics.proportion, settings),
                "corruptions": "",
            }
        ]
        for average, group in (("all", cells), ("without_noises", kept)):
            if group:
                names = ", ".join(dict.fromkeys(cell.corruption for cell in group))
                values = _measured(_mean(group), matrix.meta["dim"], statistics.mean, settings)
                rows.append({"average": average, **values, "corruptions": names})
        tables.append(matrices.tidy(matrix, pd.DataFrame(rows)))
        tables[-1].insert(len(matrices.IDENTITY), "split", matrix.meta["split"])
    return pd.concat(tables, ignore_index=True)


def _models(clean: Sequence[Matrix], corrupted: Sequence[Matrix]) -> Iterator[tuple[Cell, list[Cell], Matrix]]:
    """Of each model and seed: the clean cell, the corrupted ones, and the clean matrix."""
    for model in dict.fromkeys(map(matrices.of_model, corrupted)):
        mine = [matrix for matrix in corrupted if matrices.of_model(matrix) == model]
        partner = matrices.clean_partner(clean, mine[0])
        original = _cell("clean", 0, partner)
        cells = sorted((cell for matrix in mine for cell in _cells(matrix)), key=lambda cell: cell[:2])
        for cell in cells:
            if not np.array_equal(cell.images, original.images):
                raise ArtifactError(
                    f"{cell.corruption}, severity {cell.severity}: not the images of the other corruptions"
                )
        yield original, cells, partner


def _cells(matrix: Matrix) -> Iterator[Cell]:
    evaluation = matrix.meta["evaluation"]
    if "severity" not in matrix.columns:
        raise ArtifactError(f"{evaluation}: no column severity")
    severities = matrix.columns["severity"]
    for severity in np.unique(severities):
        yield _cell(evaluation.removeprefix("corrupt-"), int(severity), matrices.take(matrix, severities == severity))


def _cell(corruption: str, severity: int, matrix: Matrix) -> Cell:
    scores = matrices.class_scores(matrix)
    log_prob = metrics.log_marginal(scores) if matrices.is_density(matrix) else None
    correct = metrics.correct(scores, matrix.labels)
    return Cell(corruption, severity, matrix.index, correct, log_prob, matrix.scores.shape[2])


def _mean(cells: list[Cell]) -> Cell:
    """Each image's mean over the cells."""
    densities = [cell.log_prob for cell in cells if cell.log_prob is not None]
    log_prob = np.mean(densities, axis=0) if densities else None
    return cells[0]._replace(correct=np.mean([cell.correct for cell in cells], axis=0), log_prob=log_prob)


def _measured(
    cell: Cell, dim: int, of_accuracy: Callable[[np.ndarray, Statistics], Interval], settings: Statistics
) -> dict[str, Any]:
    accuracy = of_accuracy(cell.correct, settings)
    log_prob = NOTHING if cell.log_prob is None else statistics.mean(cell.log_prob, settings)
    return {
        "accuracy": accuracy.value,
        "accuracy_ci_low": accuracy.low,
        "accuracy_ci_high": accuracy.high,
        "log_prob_nats": log_prob.value,
        "log_prob_ci_low_nats": log_prob.low,
        "log_prob_ci_high_nats": log_prob.high,
        "bits_per_dim": float(units.bits_per_dim(log_prob.value, dim)),
        "num_images": len(cell.images),
        "draws": cell.draws,
        "ci_level": settings.confidence,
    }
