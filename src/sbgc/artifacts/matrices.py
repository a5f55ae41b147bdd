"""Class scores of a set of images: what every metric, table and figure is computed from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading


@dataclass(frozen=True)
class Matrix:
    """Class scores of a split: float64 [n, classes, draws]; log p(x|y) in nats for a density, logits for a classifier.

    nfe: int64 [n, classes, draws], network evaluations. labels, index, columns and meta are as in the split. A shard
    may be without images.
    """

    scores: np.ndarray
    nfe: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


def write_matrix(path: str | Path, matrix: Matrix) -> None:
    """Write a matrix of class scores; equal matrices give equal bytes."""
    arrays = {"scores": matrix.scores, "nfe": matrix.nfe, "labels": matrix.labels, "index": matrix.index}
    npz.write(path, "matrix", npz.Content(arrays, matrix.columns, matrix.meta))


def read_matrix(path: str | Path) -> Matrix:
    """Read a matrix of class scores. Raises ArtifactError when the file is not one, or contradicts itself."""
    with reading(path) as file:
        arrays, columns, meta = npz.read(file, "matrix", ("scores", "nfe", "labels", "index"))
        matrix = Matrix(**arrays, columns=columns, meta=meta)
        _check_scores(matrix.scores, matrix.nfe)
        npz.check_rows(len(matrix.scores), matrix.labels, matrix.index, columns)
    return matrix


def _check_scores(scores: np.ndarray, nfe: np.ndarray) -> None:
    if scores.dtype != np.float64 or scores.ndim != 3:
        raise ArtifactError(f"scores are {scores.dtype} {list(scores.shape)}, expected float64 [n, classes, draws]")
    if nfe.dtype.kind not in "iu" or nfe.shape != scores.shape:
        raise ArtifactError(f"nfe are {nfe.dtype} {list(nfe.shape)}, expected whole numbers {list(scores.shape)}")
