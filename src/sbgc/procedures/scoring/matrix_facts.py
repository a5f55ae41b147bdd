"""The matrix of class scores as an artefact: what its numbers are, and how they were made."""

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from sbgc import artifacts, provenance
from sbgc.artifacts import Matrix, Split
from sbgc.data.dequantize import LOG_NOISE

OPTIONS: dict[str, Any] = {
    "spec": Path,
    "params": Path,
    "split": Path,
    "evaluation": Path,
    "seed": int,
    "shard": int,
    "num_shards": int,
    "batch_size": int,
    "memory": float,
    "out": Path,
}

DAMAGE = ("attack", "corruption_source")  # facts of a split that say what was done to its images


def meta(args: Namespace, scores: str, started: float) -> dict[str, Any]:
    """The facts of the matrix that a step's command line asks for, and its manifest.

    `scores` is "log_prob" or "logits". `started` is the monotonic clock at the start of the step, in seconds.
    """
    spec, evaluation = artifacts.read_json(args.spec), artifacts.read_json(args.evaluation)
    kind, dataset = spec["settings"]["kind"], spec["dataset"]
    code = [f"sbgc.steps.{scores}", f"sbgc.models.{kind}"]
    facts = {"shard": args.shard, "num_shards": args.num_shards, "seconds": round(time.monotonic() - started, 1)}
    return {
        "experiment": spec["experiment"],
        "dataset": dataset["name"],
        "split": evaluation["split"],
        "evaluation": evaluation["evaluation"],
        "model": spec["model"],
        "kind": kind,
        "scores": scores,
        "seed": args.seed,
        "strata": evaluation["dequantization"]["strata"],
        "levels": dataset["levels"],
        "dim": int(np.prod(dataset["image_shape"])),
        "classes": dataset["num_classes"],
        "likelihood": evaluation["likelihood"] if scores == "log_prob" else None,
        "manifest": provenance.manifest(code, **facts),
    }


def as_matrix(split: Split, scores: np.ndarray, nfe: np.ndarray, meta: dict[str, Any]) -> Matrix:
    """The matrix of scores [n, classes, draws] of a split, with the split's labels, indices and columns."""
    damage = {name: split.meta[name] for name in DAMAGE if name in split.meta}
    columns = {name: values for name, values in split.columns.items() if name != LOG_NOISE}
    return Matrix(scores, nfe, split.labels, split.index, columns, meta | damage)
