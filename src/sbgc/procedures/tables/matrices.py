"""Matrices of class scores, read in such a way that no later result depends on the order of their images."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.kinds import KINDS
from sbgc.maths import metrics

IDENTITY = ["experiment", "dataset", "model", "kind", "seed"]
GRID = ["bias_bits_per_dim", "rms_bits_per_dim", "gap_rms_nats"]  # what the fixed grid of `fast` errs by


def read(path: Path) -> Matrix:
    """The matrix in a file, with its images in ascending order of index (then of severity, epsilon, ...).

    Raises ArtifactError for a matrix without images, with scores that are not finite, with labels that are not classes,
    or with a missing column or fact.
    """
    matrix = artifacts.read_matrix(path)
    if fault := _fault(matrix):
        raise ArtifactError(f"{path}: {fault}")
    columns = [matrix.columns[name] for name in sorted(matrix.columns)]
    return take(matrix, np.lexsort((*reversed(columns), matrix.index)))


def take(matrix: Matrix, rows: np.ndarray) -> Matrix:
    """The images at `rows`, which are numbers, kept in their order, or a mask."""
    columns = {name: values[rows] for name, values in matrix.columns.items()}
    scores, nfe, labels, index = (values[rows] for values in (matrix.scores, matrix.nfe, matrix.labels, matrix.index))
    return replace(matrix, scores=scores, nfe=nfe, labels=labels, index=index, columns=columns)


def first_draws(matrix: Matrix, draws: int) -> Matrix:
    """The matrix with its first `draws` draws alone."""
    return replace(matrix, scores=matrix.scores[:, :, :draws], nfe=matrix.nfe[:, :, :draws])


def is_density(matrix: Matrix) -> bool:
    """Whether the scores are log p(x|y) in nats; otherwise they are logits."""
    return matrix.meta["scores"] == "log_prob"


def draw_scores(matrix: Matrix) -> np.ndarray:
    """Scores [images, classes, draws] that may be averaged over draws: log p(x|y), or the log-softmax of logits."""
    if is_density(matrix):
        return matrix.scores
    return np.stack([metrics.log_posterior(logits) for logits in np.moveaxis(matrix.scores, 2, 0)], axis=2)


def class_scores(matrix: Matrix) -> np.ndarray:
    """Scores [images, classes]: the arithmetic mean over draws of log-densities (SBGC A.1), or of log-posteriors."""
    return draw_scores(matrix).mean(axis=2)


def of_model(matrix: Matrix) -> tuple[str, int]:
    """The model and the seed it was trained with."""
    return matrix.meta["model"], matrix.meta["seed"]


def clean_partner(clean: Sequence[Matrix], matrix: Matrix) -> Matrix:
    """The scores of the same images before they were damaged, by the same model and seed, from the clean matrices.

    The result has no more draws than the damaged images have, because an accuracy grows with the number of draws.
    Raises ArtifactError when no clean matrix holds all the images.
    """
    model, seed = of_model(matrix)
    for candidate in clean:
        if of_model(candidate) == (model, seed) and np.isin(matrix.index, candidate.index).all():
            return first_draws(take(candidate, np.isin(candidate.index, matrix.index)), matrix.scores.shape[2])
    raise ArtifactError(f"{matrix.meta['evaluation']}: no clean matrix of {model} seed {seed} holds all its images")


def labels(matrix: Matrix) -> np.ndarray:
    """The class of each image [n]. Raises ArtifactError where there is none, so that there is no accuracy to tell."""
    if not is_labeled(matrix):
        name = f"{matrix.meta['model']}, {matrix.meta['evaluation']}"
        raise ArtifactError(f"{name}: no label of its images is a class that the model has learned")
    return matrix.labels


def is_labeled(matrix: Matrix) -> bool:
    """Whether the images' labels are classes that the model has learned.

    A split of images of another dataset says `labeled: false`, and so do the scores of a model that learns no classes.
    """
    return matrix.meta.get("labeled", True)


def identity(matrix: Matrix) -> dict[str, Any]:
    """The facts that every tidy table has in its leading columns."""
    return {name: matrix.meta[name] for name in IDENTITY}


def grid_errors(left: dict[str, Any] | None) -> dict[str, float]:
    """The columns of what a grid errs by; NaN where there is none."""
    return {f"grid_{name}": float((left or {}).get(name, np.nan)) for name in GRID}


def tidy(matrix: Matrix, table: pd.DataFrame) -> pd.DataFrame:
    """The table, with the identity of the matrix in front and the errors of its grid behind; NaN where it has none."""
    errors = grid_errors(matrix.meta.get("grid"))
    return pd.concat([pd.DataFrame([identity(matrix)] * len(table), index=table.index), table], axis=1).assign(**errors)


def classifiers(table: pd.DataFrame) -> set[str]:
    """The models of a tidy table that have no density."""
    kinds = [name for name, kind in KINDS.items() if kind.gives == "logits"]
    return set(table.loc[table["kind"].isin(kinds), "model"])


def _fault(matrix: Matrix) -> str | None:
    images, classes = matrix.scores.shape[:2] if matrix.scores.ndim == 3 else (0, 0)
    missing = [name for name in (*IDENTITY, "split", "evaluation", "scores", "dim") if name not in matrix.meta]
    if missing:
        return f"meta lacks {', '.join(missing)}"
    if not matrix.scores.size:
        return f"scores have shape {matrix.scores.shape}, expected [images, classes, draws], none of them 0"
    if not len(matrix.labels) == len(matrix.index) == images:
        return f"{images} images, but {len(matrix.labels)} labels and {len(matrix.index)} indices"
    if bad := int((~np.isfinite(matrix.scores)).sum()):
        return f"{bad} of {matrix.scores.size} scores are not finite"
    if is_labeled(matrix) and (matrix.labels.min() < 0 or matrix.labels.max() >= classes):
        return f"labels {matrix.labels.min()}..{matrix.labels.max()}, expected 0..{classes - 1}"
    return None
