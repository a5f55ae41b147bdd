"""Accuracy on attacked images by attack, norm and epsilon (SBGC section 3.3, table 3), and the worst of all attacks.

An image counts as robust at an epsilon of a norm where its judge has it right before the attack, and after every
perturbation of at most that size that an attack has found. Every attacked image counts for each norm by its measured
size: one that was made within a smaller bound lies within a larger one too, and an l_2 attack counts in l_inf.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.config.attacked import CLEAN
from sbgc.maths import metrics
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.statistics import Statistics

NORMS = {"linf": "l_inf", "l2": "l_2"}  # in the paper's order, as its table spells them
WORST = "worst"
COLUMNS = (
    "of_split", "attack", "method", "steps", "restarts", "alike", "knows_noise", "norm", "attacked", "epsilon",
    "norm_linf", "norm_l2", "queries", "gradients", "flat", "random_wins",
)  # fmt: skip
ROUNDING, ABSOLUTE = 1e-4, 2e-7  # how far outside of their ball images of float32 may lie: of epsilon, and at least
Epsilons = Mapping[str, Sequence[float]]


def adversarial_table(judged: Sequence[Matrix], epsilons: Epsilons, settings: Statistics) -> pd.DataFrame:
    """For each model, seed and attacked model: a row for each attack, norm and epsilon, from 0 on.

    The attack `worst` is all of them together. epsilon is on the scale where grey levels 0..L-1 are 0..1. The column
    `attacked` names the model and seed that the images were made against, as "model-seed0". Where that is not the
    evaluated model, the attack was transferred. least_median: of the sizes that mislead, over images: 0 for what is
    wrong before, infinite where half of the images withstood all. random_wins: the share of images of which the loss of
    the attack rises no less at random than along its gradient; NaN without a gradient. knows_noise: whether attacks
    work with the noise that the judge adds to images (attacks.attacked.fresh). Intervals are Wilson's, because
    a bootstrap would be a single point at an accuracy of 0. A model judges the images before any attack once, for the
    attacks on all models. Raises ArtifactError for a matrix whose columns name no attack, for a model that has not
    judged the images before the attacks, and for an attack that comes twice or does not hold every image.
    """
    found = []
    for trained in dict.fromkeys(map(matrices.of_model, judged)):
        parts = pd.concat([_facts(matrix) for matrix in judged if matrices.of_model(matrix) == trained])
        first = next(matrix for matrix in judged if matrices.of_model(matrix) == trained)
        before = _before(parts, f"{trained[0]}-seed{trained[1]}")
        attacks = parts[parts["attack"] != CLEAN].groupby("attacked", sort=False)
        rows = [row for attacked, one in attacks for row in _rows(attacked, one, before, epsilons)]
        table = pd.DataFrame([facts | _accuracy(robust, settings) for facts, robust in rows])
        found.append(matrices.tidy(first, table.assign(draws=first.scores.shape[2], ci_level=settings.confidence)))
    return pd.concat(found, ignore_index=True)


def place_of(norm: str) -> tuple[int, str]:
    """A key for sorting: the paper's norms come first, in the paper's order."""
    return list(NORMS).index(norm) if norm in NORMS else len(NORMS), norm


def white_box(table: pd.DataFrame, attack: str = WORST) -> pd.DataFrame:
    """The rows of an attack that was made against the same model and seed that it is evaluated on."""
    return table[of_own(table) & (table["attack"] == attack)]


def of_own(table: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each row is of images that were made against the model and seed that judges them."""
    return table["attacked"] == table["model"] + "-seed" + table["seed"].astype(str)


def _facts(matrix: Matrix) -> pd.DataFrame:
    """A row for each judged image: what is known of its attack, and whether the judge has it right."""
    if missing := [name for name in COLUMNS if name not in matrix.columns]:
        raise ArtifactError(f"{matrix.meta['evaluation']}: no column {', '.join(missing)}")
    right = metrics.correct(matrices.class_scores(matrix), matrices.labels(matrix)).astype(bool)
    columns = {name: matrix.columns[name] for name in COLUMNS}
    return pd.DataFrame(columns | {"index": matrix.index, "right": right})


def _before(facts: pd.DataFrame, judge: str) -> "pd.Series[bool]":
    """Whether the judge has each image right before any attack, by index."""
    before = facts[facts["attack"] == CLEAN].set_index("index")["right"]
    if before.empty or not before.index.is_unique:
        raise ArtifactError(f"{judge}: every image before the attacks is needed once, found {len(before)}")
    return before


def _rows(
    attacked: str, facts: pd.DataFrame, before: "pd.Series[bool]", epsilons: Epsilons
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """What each row of the table is of, and which images are robust there."""
    attacks = list(facts["attack"].unique())
    for name in attacks:
        _check_whole(attacked, name, facts[facts["attack"] == name], before)
    for norm in sorted(epsilons, key=place_of):
        mine = [name for name in attacks if (facts.loc[facts["attack"] == name, "norm"] == norm).all()]
        for name in (*mine, WORST):
            of_attack = facts if name == WORST else facts[facts["attack"] == name]
            least = least_sizes(before, of_attack, norm)
            yield from _of_attack(attacked, name, norm, of_attack, least, epsilons[norm])


def least_sizes(before: pd.Series, attacked: pd.DataFrame, norm: str) -> pd.Series:
    """By image, the size of the least perturbation that misleads the judge: 0 without one, infinite where none does."""
    wrong = attacked[~attacked["right"]].groupby("index")[f"norm_{norm}"].min()
    return wrong.reindex(before.index, fill_value=np.inf).where(before, 0.0)


def _of_attack(
    attacked: str, name: str, norm: str, facts: pd.DataFrame, least: pd.Series, epsilons: Sequence[float]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    cost = {key: facts.groupby("index")[key].sum().mean() for key in ("queries", "gradients")}
    row = {"split": facts["of_split"].iloc[0], "attacked": attacked, "attack": name, "norm": norm}
    of_worst = {"method": WORST, "steps": np.nan, "restarts": np.nan, "alike": WORST}
    row |= of_worst if name == WORST else facts.iloc[0][list(of_worst)].to_dict()
    row |= {"knows_noise": bool(facts["knows_noise"].all())}
    row |= {"least_median": float(np.median(least)), "flat": facts["flat"].mean(), **cost}
    row |= {"random_wins": np.nan if name == WORST else facts["random_wins"].mean()}
    for epsilon in (0.0, *sorted(epsilons)):
        largest = epsilon * (1.0 + ROUNDING) + (ABSOLUTE if epsilon else 0.0)
        yield row | {"epsilon": epsilon}, (least > largest).to_numpy()


def _check_whole(attacked: str, name: str, facts: pd.DataFrame, before: pd.Series) -> None:
    """Every image once within each bound."""
    for epsilon, rows in facts.groupby("epsilon", dropna=False):
        if sorted(rows["index"]) != sorted(before.index):
            what = f"the attack {name} on {attacked}, epsilon {epsilon:g}"
            raise ArtifactError(f"{what}: does not hold every attacked image exactly once")


def _accuracy(robust: np.ndarray, settings: Statistics) -> dict[str, Any]:
    accuracy, low, high = statistics.proportion(robust.astype(float), settings)
    return {"accuracy": accuracy, "ci_low": low, "ci_high": high, "num_images": len(robust)}
