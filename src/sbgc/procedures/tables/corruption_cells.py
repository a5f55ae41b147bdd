"""How a model answers the same images under one corruption at one severity: the cells that tables average."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import NOTHING, Interval, Statistics


class Cell(NamedTuple):
    """One corruption at one severity, with the index, correctness, predictive entropy and log p(x) of each image.

    log p(x) is in nats, and None for a classifier. Correctness and entropy are None for a model that learns no classes.
    """

    corruption: str
    severity: int
    images: np.ndarray
    correct: np.ndarray | None
    entropy: np.ndarray | None
    log_prob: np.ndarray | None
    draws: int
    source: str

    @property
    def errors(self) -> np.ndarray:
        """1.0 where the model errs, of one that learns classes."""
        assert self.correct is not None, "no classes are learned"
        return 1.0 - self.correct


def of_models(clean: Sequence[Matrix], corrupted: Sequence[Matrix]) -> Iterator[tuple[Cell, list[Cell], Matrix]]:
    """For each model and seed: the clean cell, the corrupted cells, and the clean matrix.

    One matrix may hold many corruptions. Raises ArtifactError when the clean versions of the images are missing, and
    when a corruption at a severity comes twice or has other images or another number of draws than the clean cell.
    """
    for model in dict.fromkeys(map(matrices.of_model, corrupted)):
        mine = [matrix for matrix in corrupted if matrices.of_model(matrix) == model]
        partner = matrices.clean_partner(clean, mine[0])
        original = _cell("clean", 0, partner)
        cells = sorted((cell for matrix in mine for cell in _cells(matrix)), key=lambda cell: cell[:2])
        _check(original, cells)
        yield original, cells, partner


def _check(original: Cell, cells: list[Cell]) -> None:
    seen = set()
    for cell in cells:
        where, fault = f"{cell.corruption}, severity {cell.severity}", None
        if cell[:2] in seen:
            fault = "given twice"
        elif not np.array_equal(cell.images, original.images):
            fault = "does not hold exactly the images of the other corruptions"
        elif cell.draws != original.draws:
            fault = f"{cell.draws} draws of each image, but {original.draws} of each clean image"
        if fault:
            raise ArtifactError(f"{where}: {fault}")
        seen.add(cell[:2])


def _cells(matrix: Matrix) -> Iterator[Cell]:
    if missing := [name for name in ("corruption", "severity", "source") if name not in matrix.columns]:
        raise ArtifactError(f"{matrix.meta['evaluation']}: no column {', '.join(missing)}")
    corruptions, severities = matrix.columns["corruption"], matrix.columns["severity"]
    for corruption in np.unique(corruptions):
        for severity in np.unique(severities[corruptions == corruption]):
            mine = (corruptions == corruption) & (severities == severity)
            yield _cell(str(corruption), int(severity), matrices.take(matrix, mine))


def _cell(corruption: str, severity: int, matrix: Matrix) -> Cell:
    scores = matrices.class_scores(matrix)
    log_prob = metrics.log_marginal(scores) if matrices.is_density(matrix) else None
    correct, entropy = None, None
    if matrices.is_labeled(matrix):
        correct, entropy = metrics.correct(scores, matrices.labels(matrix)), metrics.predictive_entropy(scores)
    source = " and ".join(np.unique(matrix.columns["source"])) if "source" in matrix.columns else ""
    return Cell(corruption, severity, matrix.index, correct, entropy, log_prob, matrix.scores.shape[2], source)


def mean_cell(cells: list[Cell]) -> Cell:
    """Each image's mean over the cells."""
    columns = {of: [getattr(cell, of) for cell in cells] for of in ("correct", "entropy", "log_prob")}
    means: dict[str, Any] = {
        of: None if values[0] is None else np.mean(values, axis=0) for of, values in columns.items()
    }
    return cells[0]._replace(source=" and ".join(sorted({cell.source for cell in cells})), **means)


def measures(
    cell: Cell,
    original: Cell,
    dim: int,
    of_accuracy: Callable[[np.ndarray, Statistics], Interval],
    settings: Statistics,
) -> dict[str, Any]:
    """The columns of a cell in a table: means over images and changes from the clean images, with their intervals.

    of_accuracy: makes the interval of the accuracy.
    """
    accuracy, entropy, log_prob, change = NOTHING, NOTHING, NOTHING, NOTHING
    if cell.correct is not None and cell.entropy is not None and original.entropy is not None:
        accuracy = of_accuracy(cell.correct, settings)
        entropy = statistics.mean(cell.entropy - original.entropy, settings)
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
