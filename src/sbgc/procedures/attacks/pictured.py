"""Which attacked images a figure shows: of each model, image and norm the one that tells the most."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix, Split
from sbgc.config.attacked import CLEAN
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import NORMS
from sbgc.units import bits_per_dim

SHOWN = ("model", "kind", "norm", "attack", "size", "misled", "predicted", "bits_per_dim")
ARRAYS = ("images", "labels", "index")
OF_MATRIX = ("attacked", "attack", "norm", "epsilon", "norm_linf", "norm_l2")


def pictured(judged: Sequence[Matrix], attacked: Sequence[Split], pictures: Sequence[int]) -> Split:
    """For each model and image the image before any attack (norm "none"), then an attacked one for each norm.

    That is the one of the least size in the norm that misleads the model's judge, whichever attack found it: the image
    itself, where it is wrong before. Where none misleads, it is the one of this norm's attacks with the largest margin,
    the best wrong score minus that of the label. judged: the matrices of one training of each model. attacked: the
    splits that they are of. pictures: rows among the images before the attacks.

    Columns: model, kind, norm and attack; size, in the norm, where grey levels 0..L-1 are 0..1; misled, whether the
    judge is wrong; predicted, its class; bits_per_dim of p(x), NaN of a classifier without a density. Raises
    ArtifactError where a split does not hold what a matrix judges.
    """
    splits = {(_one(split, "attacked"), _one(split, "attack")): split for split in attacked}
    facts = pd.concat([_facts(matrix) for matrix in judged], ignore_index=True)
    chosen = [one for _, mine in facts.groupby("attacked", sort=False) for one in _choices(mine, splits, pictures)]
    parts = [_row(splits, one) for one in chosen]
    columns = {name: np.array([one[name] for one in chosen]) for name in SHOWN}
    images, labels, index = (np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS)
    meta = {name: value for name, value in parts[0].meta.items() if name != "attack"}
    known = {"split": "attacked_images", "seed": judged[0].meta["seed"], "draws": judged[0].scores.shape[2]}
    return Split(images, labels, index, columns, meta | known)


def _one(split: Split, column: str) -> str:
    return str(split.columns[column][0])


def _facts(matrix: Matrix) -> pd.DataFrame:
    """A row for each judged image: where it lies, its sizes, and what the judge says of it."""
    scores, labels = matrices.class_scores(matrix), matrices.labels(matrix)
    columns: dict[str, Any] = {name: matrix.columns[name] for name in OF_MATRIX}
    columns |= {"model": matrix.meta["model"], "kind": matrix.meta["kind"], "index": matrix.index}
    own, rival = metrics.true_class(scores, labels), metrics.best_wrong_class(scores, labels)
    columns |= {"margin": metrics.true_class(scores, rival) - own, "predicted": metrics.predict(scores)}
    bits = bits_per_dim(metrics.log_marginal(scores), matrix.meta["dim"]) if matrices.is_density(matrix) else np.nan
    return pd.DataFrame(columns | {"misled": metrics.correct(scores, labels) == 0.0, "bits_per_dim": bits})


def _choices(
    facts: pd.DataFrame, splits: dict[tuple[str, str], Split], pictures: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """What is shown of one model, a row of the facts each."""
    clean = splits[facts["attacked"].iloc[0], CLEAN]
    norms = [norm for norm in NORMS if (facts["norm"] == norm).any()]
    for image in clean.index[list(pictures)]:
        mine = facts[facts["index"] == image]
        yield mine[mine["attack"] == CLEAN].iloc[0].to_dict() | {"norm": "none", "size": 0.0}
        for norm in norms:
            misled = mine[mine["misled"]].sort_values(f"norm_{norm}", kind="stable")
            others = mine[mine["norm"] == norm].sort_values("margin", ascending=False, kind="stable")
            one = (others if misled.empty else misled).iloc[0]
            yield one.to_dict() | {"norm": norm, "size": float(one[f"norm_{norm}"])}


def _row(splits: dict[tuple[str, str], Split], one: dict[str, Any]) -> Split:
    """The image that a row of the facts is of."""
    name = f"the attack {one['attack']} on {one['attacked']}"
    split = splits.get((one["attacked"], one["attack"]))
    if split is None:
        raise ArtifactError(f"{name}: there is no split of it")
    epsilon = split.columns["epsilon"].astype(float)
    alike = np.isclose(epsilon, one["epsilon"], rtol=0.0, atol=0.0, equal_nan=True)
    (rows,) = np.nonzero((split.index == one["index"]) & alike)
    if len(rows) != 1:
        raise ArtifactError(f"{name}, epsilon {one['epsilon']:g}: holds image {one['index']} {len(rows)} times")
    return split.take(rows)
