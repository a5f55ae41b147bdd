"""Accuracy on attacked images by norm and epsilon (SBGC section 3.3, table 3)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics


def adversarial_table(clean: Sequence[Matrix], attacked: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """For each model, seed and norm: a row for the images before the attack (epsilon 0), then one row per epsilon.

    epsilon is on the scale where grey levels 0..L-1 are 0..1. `attacked` names the model and seed that the images were
    made against, as "model-seed0". Where that is not the evaluated model, the attack was transferred. Intervals are
    Wilson's, because a bootstrap would be a single point at an accuracy of 0. `steps` is NaN where the matrix does not
    hold it. Raises ArtifactError for a matrix whose evaluation is not "pgd-{norm}@{model}-seed{seed}".
    """
    tables = [_of_attack(matrices.clean_partner(clean, matrix), matrix, settings) for matrix in attacked]
    return pd.concat(tables, ignore_index=True)


def white_box(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of attacks that were made against the same model and seed that they are evaluated on."""
    return table[table["attacked"] == table["model"] + "-seed" + table["seed"].astype(str)]


def _of_attack(clean: Matrix, matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    evaluation = matrix.meta["evaluation"]
    attack, _, attacked = evaluation.partition("@")
    if not attack.startswith("pgd-") or not attacked:
        raise ArtifactError(f"{evaluation}: not an evaluation pgd-{{norm}}@{{model}}-seed{{seed}}")
    if "epsilon" not in matrix.columns:
        raise ArtifactError(f"{evaluation}: no column epsilon")
    table = pd.DataFrame([_row(epsilon, part, settings) for epsilon, part in [(0.0, clean), *_parts(matrix)]])
    leading = {"split": clean.meta["split"], "norm": attack.removeprefix("pgd-"), "attacked": attacked}
    for place, (name, value) in enumerate(leading.items()):
        table.insert(place, name, value)
    return matrices.tidy(matrix, table.assign(steps=matrix.meta.get("attack", {}).get("steps", np.nan)))


def _parts(matrix: Matrix) -> Iterator[tuple[float, Matrix]]:
    epsilons = matrix.columns["epsilon"]
    for epsilon in np.unique(epsilons):
        yield float(epsilon), matrices.take(matrix, epsilons == epsilon)


def _row(epsilon: float, matrix: Matrix, settings: Statistics) -> dict[str, Any]:
    correct = metrics.correct(matrices.class_scores(matrix), matrix.labels)
    accuracy, low, high = statistics.proportion(correct, settings)
    facts = {"num_images": len(correct), "draws": matrix.scores.shape[2], "ci_level": settings.confidence}
    return {"epsilon": epsilon, "accuracy": accuracy, "ci_low": low, "ci_high": high, **facts}
