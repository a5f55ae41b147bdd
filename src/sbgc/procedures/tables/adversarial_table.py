"""Accuracy on attacked images by norm and epsilon (SBGC section 3.3, table 3)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics

COLUMNS = ("norm", "attacked", "epsilon", "steps")  # of a matrix of attacked images


def adversarial_table(clean: Sequence[Matrix], attacked: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """For each model, seed and norm: a row for the images before the attack (epsilon 0), then one row per epsilon.

    epsilon is on the scale where grey levels 0..L-1 are 0..1. `attacked` names the model and seed that the images were
    made against, as "model-seed0". Where that is not the evaluated model, the attack was transferred. Intervals are
    Wilson's, because a bootstrap would be a single point at an accuracy of 0. Raises ArtifactError for images that were
    not attacked.
    """
    parts = [part for matrix in attacked for part in _attacks(matrix)]
    norms = list(dict.fromkeys(norm for norm, *_ in parts))
    parts.sort(key=lambda part: norms.index(part[0]))
    tables = [
        _of_attack(matrices.clean_partner(clean, part), norm, target, part, settings) for norm, target, part in parts
    ]
    return pd.concat(tables, ignore_index=True)


def white_box(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of attacks that were made against the same model and seed that they are evaluated on."""
    return table[table["attacked"] == table["model"] + "-seed" + table["seed"].astype(str)]


def _attacks(matrix: Matrix) -> Iterator[tuple[str, str, Matrix]]:
    """The norm, the attacked model and the images of each attack in a matrix."""
    if missing := [name for name in COLUMNS if name not in matrix.columns]:
        raise ArtifactError(f"{matrix.meta['evaluation']}: no column {', '.join(missing)}")
    norms, targets = matrix.columns["norm"], matrix.columns["attacked"]
    for norm, target in dict.fromkeys(zip(norms.tolist(), targets.tolist(), strict=True)):
        yield norm, target, matrices.take(matrix, (norms == norm) & (targets == target))


def _of_attack(clean: Matrix, norm: str, attacked: str, matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    table = pd.DataFrame([_row(epsilon, part, settings) for epsilon, part in [(0.0, clean), *_parts(matrix)]])
    leading = {"split": clean.meta["split"], "norm": norm, "attacked": attacked}
    for place, (name, value) in enumerate(leading.items()):
        table.insert(place, name, value)
    return matrices.tidy(matrix, table.assign(steps=matrix.columns["steps"][0]))


def _parts(matrix: Matrix) -> Iterator[tuple[float, Matrix]]:
    epsilons = matrix.columns["epsilon"]
    for epsilon in np.unique(epsilons):
        yield float(epsilon), matrices.take(matrix, epsilons == epsilon)


def _row(epsilon: float, matrix: Matrix, settings: Statistics) -> dict[str, Any]:
    correct = metrics.correct(matrices.class_scores(matrix), matrix.labels)
    accuracy, low, high = statistics.proportion(correct, settings)
    facts = {"num_images": len(correct), "draws": matrix.scores.shape[2], "ci_level": settings.confidence}
    return {"epsilon": epsilon, "accuracy": accuracy, "ci_low": low, "ci_high": high, **facts}
