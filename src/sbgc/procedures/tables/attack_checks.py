"""Checks of an adversarial evaluation (Athalye et al. 2018, section 3.1; Carlini et al. 2019, section 3).

Each compares accuracies of the adversarial table. A check that fails says that an attack was too weak, and that the
accuracies under it are no robustness.
"""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from sbgc.procedures.paper.table_writer import Column, Missing, Row, Table
from sbgc.procedures.tables.adversarial_table import WORST, of_own

FALLS = "the accuracy falls to 0 as epsilon grows"
GRADIENTS = "attacks with gradients leave no more than those without"
NOISE = "noise of the same size leaves more than attacks"
LONGER = "more steps or starts of the same attack leave no fewer"
SLOPE = "the loss rises faster along the gradient than at random"
AGAIN = "a judge with other noise agrees"
TRANSFERS = "attacks on the model itself leave no more than attacks transferred to it"
CHECKS = (FALLS, GRADIENTS, NOISE, LONGER, SLOPE, AGAIN, TRANSFERS)
OF = ["experiment", "dataset", "model", "kind", "seed", "attacked", "norm"]
JUDGE = ["model", "seed", "norm"]
SHOWN = ("model", "seed", "norm")
SIDES = {"left": "accuracy %", "right": "may be at most, %"}
NOTE = (
    "A check compares two accuracies under attack, at the epsilon where the first one is furthest above the second, "
    "and passes where it is not above it. That of the slope compares the share of images whose loss rises no less in a "
    "random direction than along the gradient, of the attack whose gradients are best, with one half. That of a second "
    "judge compares the largest difference of two accuracies with half the width of the interval. One that fails makes "
    "every accuracy of its model and norm unreliable as a measure of robustness. 'not run': the experiment has nothing "
    "to compare."
)
NOISE_METHOD = "noise"
SEVERAL = 2  # bounds, without that of 0, from which on one can say that an accuracy falls with them
MOST_RANDOM = 0.5  # the share of images for which a random direction may be as good as the gradient
PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


def attack_checks(adversarial: pd.DataFrame, again: pd.DataFrame | None = None) -> pd.DataFrame:
    """For each model, seed, norm and check: the verdict, and the two accuracies that it is about.

    They are of attacks on the model itself: one that was transferred from another model says nothing by being weak.
    left, right: the accuracies at the epsilon where their difference is the largest (or the only one); the check passes
    where left <= right. SLOPE: left is the share of images of which the loss rises no less at random, of the attack
    where it is smallest; right is one half, and epsilon is NaN. again: the adversarial table of a judge with other
    noise and probes; AGAIN: left is by how much the accuracies of both differ under all attacks, right is half the
    width of the interval. `not run` where the experiment has nothing to compare.
    """
    rows, own = [], of_own(adversarial)
    second = {} if again is None else dict(iter(again.groupby(OF, sort=False)))
    transferred = adversarial[~own]
    for key, table in adversarial[own].groupby(OF, sort=False):
        of_judge = dict(zip(OF, key, strict=True))
        others = transferred[(transferred[JUDGE] == [of_judge[name] for name in JUDGE]).all(axis=1)]
        for check, found in (
            (FALLS, _falls(table)),
            (GRADIENTS, _compared(table, _gradients, _without)),
            (NOISE, _compared(table, _gradients, _noise)),
            (LONGER, _longer(table)),
            (SLOPE, _slope(table)),
            (AGAIN, _agreement(table, second.get(key))),
            (TRANSFERS, _apart(_worst(table), _worst(others))),
        ):
            rows.append(of_judge | {"check": check} | _verdict(found))
    return pd.DataFrame(rows)


def marked(adversarial: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """The adversarial table with a column `unreliable`: the failed checks of a row's model and norm, or nothing."""
    failed = checks[checks["verdict"] == FAILED].groupby(OF, sort=False)["check"].agg("; ".join)
    keys = pd.MultiIndex.from_frame(adversarial[OF])
    return adversarial.assign(unreliable=failed.reindex(keys).fillna("").to_numpy())


def digest(checks: pd.DataFrame) -> Table:
    """The checks for readers, a row each."""
    columns = [Column("epsilon", "at epsilon", ".4g"), *(Column(side, title, ".1f") for side, title in SIDES.items())]
    rows: list[Row] = []
    for row in checks.to_dict("records"):
        numbers = {name: row[name] * scale for name, scale in (("epsilon", 1.0), ("left", 100.0), ("right", 100.0))}
        why = Missing.NOT_RUN if row["verdict"] == NOT_RUN else Missing.NOT_APPLICABLE
        cells = {name: why if math.isnan(value) else value for name, value in numbers.items()}
        rows.append({name: str(row[name]) for name in (*SHOWN, "check", "verdict")} | cells)
    texts = [Column(name, name.replace("_", " ")) for name in (*SHOWN, "check", "verdict")]
    return Table("Checks of the attacks", [*texts, *columns], rows, [NOTE])


def _verdict(found: tuple[float, float, float] | None) -> dict[str, Any]:
    if found is None:
        return {"verdict": NOT_RUN, "epsilon": float("nan"), "left": float("nan"), "right": float("nan")}
    epsilon, left, right = found
    return {"verdict": PASSED if left <= right else FAILED, "epsilon": epsilon, "left": left, "right": right}


def _falls(table: pd.DataFrame) -> tuple[float, float, float] | None:
    """Of attacks in this norm, with several bounds."""
    if not _attacks(table).any() or table["epsilon"].nunique() <= SEVERAL:
        return None
    last = table[table["attack"] == WORST].sort_values("epsilon").iloc[-1]
    return float(last["epsilon"]), float(last["accuracy"]), 0.0


def _compared(table: pd.DataFrame, one: Any, other: Any) -> tuple[float, float, float] | None:
    """The least accuracies by two groups of attacks, where the first is furthest above the second."""
    return _apart(_least(table[one(table)]), _least(table[other(table)]))


def _apart(left: "pd.Series[float]", right: "pd.Series[float]") -> tuple[float, float, float] | None:
    """The epsilon above 0 where the first accuracies, by epsilon, are furthest above the second, and both of them."""
    both = pd.concat([left, right], axis=1, keys=["left", "right"]).dropna()
    both = both[both.index > 0]
    if both.empty:
        return None
    epsilon = (both["left"] - both["right"]).idxmax()
    return float(epsilon), float(both.loc[epsilon, "left"]), float(both.loc[epsilon, "right"])


def _least(table: pd.DataFrame) -> "pd.Series[float]":
    return table.groupby("epsilon")["accuracy"].min()


def _worst(table: pd.DataFrame) -> "pd.Series[float]":
    """Under all attacks on one model together; of several models, on that whose attacks leave the least."""
    return _least(table[table["attack"] == WORST])


def _attacks(table: pd.DataFrame) -> "pd.Series[bool]":
    return (table["attack"] != WORST) & (table["method"] != NOISE_METHOD)


def _gradients(table: pd.DataFrame) -> "pd.Series[bool]":
    return _attacks(table) & (table["gradients"] > 0)


def _without(table: pd.DataFrame) -> "pd.Series[bool]":
    return _attacks(table) & (table["gradients"] == 0)


def _noise(table: pd.DataFrame) -> "pd.Series[bool]":
    return table["method"] == NOISE_METHOD


def _longer(table: pd.DataFrame) -> tuple[float, float, float] | None:
    """Of attacks that differ in steps and restarts alone: the shorter run may leave no more than the longer one."""
    found = list(_pairs(table[_attacks(table)]))
    return max(found, key=lambda one: one[1] - one[2]) if found else None


def _slope(table: pd.DataFrame) -> tuple[float, float, float] | None:
    """Of attacks with gradients and a bound, the one whose gradients are best: the worst of all attacks counts."""
    shares = table["random_wins"].dropna()
    return (math.nan, float(shares.min()), MOST_RANDOM) if len(shares) else None


def _agreement(table: pd.DataFrame, other: pd.DataFrame | None) -> tuple[float, float, float] | None:
    """Of all attacks together, where two judges differ most beyond what they may."""
    if other is None:
        return None
    first, second = (one[one["attack"] == WORST].set_index("epsilon") for one in (table, other))
    apart = (first["accuracy"] - second["accuracy"]).abs()
    allowed = 0.5 * (first["ci_high"] - first["ci_low"])
    epsilon = (apart - allowed).idxmax()
    return float(epsilon), float(apart[epsilon]), float(allowed[epsilon])


def _pairs(attacks: pd.DataFrame) -> Iterator[tuple[float, float, float]]:
    for _, runs in attacks.groupby("alike", sort=False):
        lengths = runs["steps"] * runs["restarts"]
        ordered = runs.groupby(lengths)["attack"].first().sort_index()  # one of each length
        for shorter, longer in zip(ordered[:-1], ordered[1:], strict=True):
            one, other = (_least(runs[runs["attack"] == name]) for name in (shorter, longer))
            worse = (one - other)[lambda difference: difference.index > 0]
            epsilon = worse.idxmax()
            yield float(epsilon), float(one[epsilon]), float(other[epsilon])
