"""The matrix of class scores as an artefact: what its numbers are, and how they were made."""

import time
from typing import Any

import numpy as np

from sbgc import provenance
from sbgc.artifacts import Matrix, Split
from sbgc.config.models import learns_classes
from sbgc.config.spec import Scoring, Spec, kinds_of


def as_matrix(split: Split, scores: np.ndarray, nfe: np.ndarray, meta: dict[str, Any]) -> Matrix:
    """The matrix of scores [n, classes, draws] of a split, with the split's labels, indices and columns."""
    return Matrix(scores, nfe, split.labels, split.index, split.columns, meta)


def meta(
    spec: Spec,
    scoring: Scoring,
    split: Split,
    gives: str,
    seed: int,
    started: float,
    grid: dict[str, Any] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """The facts of the matrix of a model and an evaluation, and its manifest.

    gives: "log_prob" or "logits". seed: that of the training. started: the monotonic clock at the start of the step, in
    seconds. grid: what the grid of the likelihood errs by; None where it takes none. facts: further facts for the
    manifest.

    Images that carry columns (a corruption, an attack, a line) may come from several splits, and a shard may hold
    images of one of them alone. They are therefore said to be of the evaluation's own split, so that all shards agree.
    """
    kind, dataset = spec.settings.kind, spec.dataset
    code = ["sbgc.steps.score", *(f"sbgc.models.{one}" for one in kinds_of(spec))]
    return {
        "experiment": spec.experiment,
        "dataset": dataset.name,
        "split": scoring.evaluation if split.columns else split.meta.get("split", scoring.evaluation),
        "evaluation": scoring.evaluation,
        "model": spec.model,
        "kind": kind,
        "scores": gives,
        "seed": seed,
        "strata": scoring.strata,
        "levels": dataset.levels,
        "dim": int(np.prod(dataset.image_shape)),
        "classes": dataset.num_classes,
        "labeled": split.meta.get("labeled", True) and learns_classes(spec.settings),
        "class_names": split.meta.get("class_names", []),
        "likelihood": scoring.likelihood and scoring.likelihood.model_dump(),
        "grid": grid,
        "crops": scoring.crops and scoring.crops.model_dump(),
        "manifest": provenance.manifest(code, seconds=round(time.monotonic() - started, 1), **facts),
    }
