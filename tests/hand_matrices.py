"""Matrices of class scores small enough to work out by hand."""

from dataclasses import replace

import numpy as np

from sbgc.artifacts import Matrix
from sbgc.kinds import KINDS
from sbgc.procedures.tables.statistics import Statistics

SETTINGS = Statistics(bootstrap=400, confidence=0.95, calibration_bins=10, subsamples=50, seed=0)

# p(x|y) of three images and three classes. They sum to 1, 1 and 2, so posteriors and marginals are read off.
DENSITIES = np.array([[0.55, 0.25, 0.20], [0.125, 0.75, 0.125], [1.70, 0.10, 0.20]])
LABELS = np.array([0, 1, 2])

MANIFEST = {
    "commit": "c0ffee", "code": "abc", "python": "3.11", "versions": {"numpy": "2.0"}, "device": "cpu", "seconds": 1.5,
}  # fmt: skip


GRID = {"nodes": 18, "bias_bits_per_dim": -0.001, "rms_bits_per_dim": 0.002, "gap_bias_nats": 0.0, "gap_rms_nats": 0.3}


def matrix(scores, labels=LABELS, index=None, columns=None, **meta):
    """A matrix of the digits' test split; scores [images, classes] or [images, classes, draws].

    Its log p is estimated by the fast procedure where that of its kind is estimated.
    """
    scores = np.asarray(scores, float)
    scores = scores if scores.ndim == 3 else scores[:, :, None]
    labels = np.asarray(labels)
    index = np.arange(len(labels)) if index is None else np.asarray(index)
    facts = {
        "experiment": "digits", "dataset": "digits", "split": "test", "evaluation": "test",
        "model": "score", "kind": "score", "scores": "log_prob", "seed": 0,
        "levels": 17, "dim": 2, "classes": scores.shape[1], "strata": 1,
        "class_names": [], "manifest": MANIFEST,
    }  # fmt: skip
    exact = KINDS[meta.get("kind", "score")].exact
    facts["likelihood"], facts["grid"] = (None, None) if exact else ({"procedure": "fast"}, GRID)
    arrays = {name: np.asarray(values) for name, values in (columns or {}).items()}
    return Matrix(scores, np.full(scores.shape, 59), labels, index, arrays, facts | meta)


def hand(draws=1, **meta):
    """The three images; with two draws the logs lie evenly around those of DENSITIES."""
    shift = {1: np.zeros(1), 2: np.array([-0.3, 0.3])}[draws]
    return matrix(np.log(DENSITIES)[:, :, None] + shift, **meta)


def classifier(scores, **arguments):
    """A matrix of logits."""
    facts = {"model": "wide_resnet", "kind": "wide_resnet"} | arguments
    made = matrix(scores, **facts)
    return replace(made, meta=made.meta | {"scores": "logits"})


def decided(correct, **arguments):
    """A two-class density that is right, by one nat, where `correct` is true; all labels are 0."""
    correct = np.asarray(correct, bool)
    scores = np.where(correct[:, None], [[0.0, -1.0]], [[-1.0, 0.0]])
    return matrix(scores, labels=np.zeros(len(correct), int), **arguments)


def corruption(kind, severity, source="CIFAR-10-C style"):
    """The columns of images under one corruption, from the severity of each."""
    count = len(severity)
    return {"corruption": [kind] * count, "severity": severity, "source": [source] * count}


def attacked(norm, epsilon, target="score-seed0", attack=None, size=None):
    """The columns of images under one attack, from the epsilon of each, and from its size where that is another.

    In the other norm every perturbation is large. The norm "none" stands for the images before any attack.
    """
    count, size = len(epsilon), np.asarray(epsilon if size is None else size, float)
    sizes = {f"norm_{name}": size if norm in (name, "none") else np.full(count, 99.0) for name in ("linf", "l2")}
    attack = attack or {"none": "clean"}.get(norm, f"pgd_{norm}")
    each = {"of_split": "test", "norm": norm, "attacked": target, "attack": attack}
    method = "none" if norm == "none" else attack.partition("_")[0]
    each |= {
        "success": True,
        "method": method,
        "steps": 10,
        "restarts": 1,
        "alike": attack,
        "knows_noise": True,
        "queries": 12,
        "gradients": 10,
        "flat": 0.0,
        "random_wins": np.nan if norm == "none" else 0.25,
    }
    return {name: [value] * count for name, value in each.items()} | {"epsilon": epsilon} | sizes


def together(*matrices):
    """One matrix with the rows of all."""
    columns = {name: np.concatenate([one.columns[name] for one in matrices]) for name in matrices[0].columns}
    parts = {
        name: np.concatenate([getattr(one, name) for one in matrices]) for name in ("scores", "nfe", "labels", "index")
    }
    return replace(matrices[0], columns=columns, **parts)
