"""Accuracy on attacked images by norm and epsilon (SBGC section 3.3, table 3)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics

NORMS = {"linf": "l_inf", "l2": "l_2"}  # in the paper's order, as its table spells them
COLUMNS = ("norm", "attacked", "epsilon", "steps")  # of a matrix of attacked images


def adversarial_table(clean: Sequence[Matrix], attacked: Sequence[Matrix], settings: Statistics) -> pd.DataFrame:
    """For each model, seed and norm: a row for the images before the attack (epsilon 0), then one row per epsilon.

    epsilon is on the scale where grey levels 0..L-1 are 0..1. The column `attacked` names the model and seed that the
    images were made against, as "model-seed0". Where that is not the evaluated model, the attack was transferred. One
    matrix may hold many attacks; the paper's norms come first. Intervals are Wilson's, because a bootstrap would be a
    single point at an accuracy of 0. Raises ArtifactError for a matrix whose columns name no attack, for images whose
    clean versions are missing, for an attack that comes twice, and for one that does not hold every image exactly once
    at each epsilon.
    """
    attacks = [attack for matrix in attacked for attack in _attacks(matrix)]
    _refuse_twice(attacks)
    attacks.sort(key=lambda attack: place_of(attack[0]["norm"]))
    tables = [_of_attack(matrices.clean_partner(clean, part), facts, part, settings) for facts, part in attacks]
    return pd.concat(tables, ignore_index=True)


def place_of(norm: str) -> tuple[int, str]:
    """A key for sorting: the paper's norms come first, in the paper's order."""
    return list(NORMS).index(norm) if norm in NORMS else len(NORMS), norm


def white_box(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of attacks that were made against the same model and seed that they are evaluated on."""
    return table[table["attacked"] == table["model"] + "-seed" + table["seed"].astype(str)]


def _attacks(matrix: Matrix) -> Iterator[tuple[dict[str, Any], Matrix]]:
    """Each attack in a matrix: its norm, the model it was made against and its number of steps, then its images."""
    if missing := [name for name in COLUMNS if name not in matrix.columns]:
        raise ArtifactError(f"{matrix.meta['evaluation']}: no column {', '.join(missing)}")
    facts = {name: matrix.columns[name] for name in ("norm", "attacked", "steps")}
    for values in dict.fromkeys(zip(*(column.tolist() for column in facts.values()), strict=True)):
        mine = [column == value for column, value in zip(facts.values(), values, strict=True)]
        yield dict(zip(facts, values, strict=True)), matrices.take(matrix, np.logical_and.reduce(mine))


def _refuse_twice(attacks: Sequence[tuple[dict[str, Any], Matrix]]) -> None:
    seen = set()
    for facts, part in attacks:
        if (this := (*matrices.of_model(part), *facts.values())) in seen:
            raise ArtifactError(
                f"{this[0]} seed {this[1]}: the {facts['norm']} attack on {facts['attacked']} comes twice"
            )
        seen.add(this)


def _of_attack(clean: Matrix, facts: dict[str, Any], matrix: Matrix, settings: Statistics) -> pd.DataFrame:
    leading = {"split": clean.meta["split"], "norm": facts["norm"], "attacked": facts["attacked"]}
    rows = []
    for epsilon, part in ((0.0, clean), *_parts(matrix)):
        if not np.array_equal(np.sort(part.index), np.sort(clean.index)):
            what = f"the {facts['norm']} attack on {facts['attacked']}"
            raise ArtifactError(f"{what}: epsilon {epsilon:g} does not hold every attacked image exactly once")
        rows.append(leading | _row(epsilon, part, settings) | {"steps": facts["steps"]})
    return matrices.tidy(matrix, pd.DataFrame(rows))


def _parts(matrix: Matrix) -> Iterator[tuple[float, Matrix]]:
    epsilons = matrix.columns["epsilon"]
    for epsilon in np.unique(epsilons):
        yield float(epsilon), matrices.take(matrix, epsilons == epsilon)


def _row(epsilon: float, matrix: Matrix, settings: Statistics) -> dict[str, Any]:
    correct = metrics.correct(matrices.class_scores(matrix), matrices.labels(matrix))
    accuracy, low, high = statistics.proportion(correct, settings)
    facts = {"num_images": len(correct), "draws": matrix.scores.shape[2], "ci_level": settings.confidence}
    return {"epsilon": epsilon, "accuracy": accuracy, "ci_low": low, "ci_high": high, **facts}
