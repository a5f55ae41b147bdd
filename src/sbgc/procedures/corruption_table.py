"""Accuracy and log-likelihood by corruption and severity (SBGC A.2.2, figure 4), and their means (SBGC table 2)."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures import corruption_error, matrices, statistics
from sbgc.procedures.corruption_error import Errors
from sbgc.procedures.statistics import NOTHING, Interval, Statistics


class Cell(NamedTuple):
    """A corruption at a severity: of each image its index, correctness, predictive entropy and log p(x) (nats; None for
    a classifier)."""

    corruption: str
    severity: int
    images: np.ndarray
    correct: np.ndarray
    entropy: np.ndarray
    log_prob: np.ndarray | None
    draws: int
    source: str


def corruption_table(clean: Sequence[Matrix], corrupted: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """Per model and seed, a row for the clean images (severity 0) and one a corruption and severity.

    Accuracies have Wilson intervals, log p(x) has bootstrap intervals over images. Raises ArtifactError when the cells
    of a model differ in images.
    """
    tables = []
    for original, cells, matrix in _models(clean, corrupted):
        of_accuracy, dim = statistics.proportion, matrix.meta["dim"]
        rows = [
            {"corruption": cell.corruption, "severity": cell.severity}
            | _measured(cell, original, dim, of_accuracy, settings)
            for cell in (original, *cells)
        ]
        tables.append(matrices.tidy(matrix, pd.DataFrame(rows)))
    return pd.concat(tables, ignore_index=True)


def means_table(
    clean: Sequence[Matrix],
    corrupted: Sequence[Matrix],
    noises: Collection[str],
    baseline: str,
    settings: Statistics,
) -> pd.DataFrame:
    """Per model and seed, a row each for average = "clean", "all", "main" and "without_noises", over the same images.

    "main" leaves out CIFAR-10-C's four extra corruptions. Means over corruptions and severities are unweighted.
    Corruptions share images: their intervals are percentile bootstraps in which an image is drawn together with all its
    corruptions; of "clean" the accuracy's is Wilson's. An average without corruptions has no row. mCE is of the "main"
    ones, against the model `baseline` of the same seed (procedures/corruption_error.py).
    """
    models = list(_models(clean, corrupted))
    errors = {matrices.of_model(matrix): _errors(original, cells) for original, cells, matrix in models}
    tables = []
    for original, cells, matrix in models:
        model, seed = matrices.of_model(matrix)
        dim, nothing = matrix.meta["dim"], corruption_error.against(errors[model, seed], None, settings)
        measured = _measured(original, original, dim, statistics.proportion, settings)
        rows = [{"average": "clean", **measured, **nothing, "corruptions": ""}]
        for average, group in _groups(cells, noises):
            ratios = nothing
            if average == "main":
                ratios = corruption_error.against(errors[model, seed], errors.get((baseline, seed)), settings)
            measured = _measured(_mean(group), original, dim, statistics.mean, settings)
            names = ", ".join(dict.fromkeys(cell.corruption for cell in group))
            rows.append({"average": average, **measured, **ratios, "corruptions": names})
        tables.append(matrices.tidy(matrix, pd.DataFrame(rows)))
        tables[-1].insert(len(matrices.IDENTITY), "split", matrix.meta["split"])
    return pd.concat(tables, ignore_index=True)


def _groups(cells: list[Cell], noises: Collection[str]) -> Iterator[tuple[str, list[Cell]]]:
    """The averages over corruptions that have any, with their cells."""
    left_out: dict[str, Collection[str]] = {"all": (), "main": corruption_error.EXTRA, "without_noises": noises}
    for average, without in left_out.items():
        if group := [cell for cell in cells if cell.corruption not in without]:
            yield average, group


def _errors(original: Cell, cells: list[Cell]) -> Errors:
    of_kind = {kind: [1.0 - cell.correct for cell in cells if cell.corruption == kind] for kind in _kinds(cells)}
    shares = {kind: np.mean(errors, axis=0) for kind, errors in of_kind.items()}
    return Errors(original.images, 1.0 - original.correct, shares)


def _kinds(cells: list[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.corruption for cell in cells))


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
    correct, entropy = metrics.correct(scores, matrix.labels), metrics.predictive_entropy(scores)
    source = matrix.meta.get("corruption_source", "")
    return Cell(corruption, severity, matrix.index, correct, entropy, log_prob, matrix.scores.shape[2], source)


def _mean(cells: list[Cell]) -> Cell:
    """Each image's mean over the cells."""
    densities = [cell.log_prob for cell in cells if cell.log_prob is not None]
    log_prob = np.mean(densities, axis=0) if densities else None
    correct, entropy = (np.mean([getattr(cell, of) for cell in cells], axis=0) for of in ("correct", "entropy"))
    source = " and ".join(sorted({cell.source for cell in cells}))
    return cells[0]._replace(correct=correct, entropy=entropy, log_prob=log_prob, source=source)


def _measured(
    cell: Cell,
    original: Cell,
    dim: int,
    of_accuracy: Callable[[np.ndarray, Statistics], Interval],
    settings: Statistics,
) -> dict[str, Any]:
    accuracy = of_accuracy(cell.correct, settings)
    entropy = statistics.mean(cell.entropy - original.entropy, settings)
    log_prob, change = NOTHING, NOTHING
    if cell.log_prob is not None and original.log_prob is not None:
        log_prob = statistics.mean(cell.log_prob, settings)
        change = statistics.mean(cell.log_prob - original.log_prob, settings)
    return {
        "accuracy": accuracy.value,
        "accuracy_ci_low": accuracy.low,
        "accuracy_ci_high": accuracy.high,
        "log_prob_nats": log_prob.value,
        "log_prob_ci_low_nats": log_prob.low,
        "log_prob_ci_high_nats": log_prob.high,
        "log_prob_change_nats": change.value,
        "log_prob_change_ci_low_nats": change.low,
        "log_prob_change_ci_high_nats": change.high,
        "bits_per_dim": float(units.bits_per_dim(log_prob.value, dim)),
        "entropy_increase_nats": entropy.value,
        "entropy_increase_ci_low_nats": entropy.low,
        "entropy_increase_ci_high_nats": entropy.high,
        "num_images": len(cell.images),
        "draws": cell.draws,
        "source": cell.source,
        "ci_level": settings.confidence,
    }
