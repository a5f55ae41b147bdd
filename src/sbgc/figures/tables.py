"""What every figure asks of a tidy table: the rows of each model, and words for what was measured."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError
from sbgc.figures.style import Look, look_of
from sbgc.kinds import KINDS

IDENTITY = ["experiment", "dataset", "model", "kind", "seed"]
OF_KINDS = {kind.marker for kind in KINDS.values()}
FURTHER_MARKERS = [one for one in "<>XpDh*d8" if one not in OF_KINDS]  # for the second, third, ... model of one kind


@dataclass(frozen=True)
class Series:
    """The rows of one trained model. label: the model's name; title: with its seed where the table has several."""

    kind: str
    label: str
    title: str
    look: Look
    rows: pd.DataFrame


def series(table: pd.DataFrame) -> list[Series]:
    """The trained models of a table: kinds in the order of sbgc.kinds, then models and seeds in theirs."""
    known = list(KINDS)
    kinds = sorted(table.kind.unique(), key=lambda kind: (known.index(kind) if kind in KINDS else len(known), kind))
    return [one for kind in kinds for one in _of_kind(table[table.kind == kind], kind)]


def _of_kind(table: pd.DataFrame, kind: str) -> list[Series]:
    found = []
    for rank, model in enumerate(sorted(table.model.unique(), key=_in_order)):
        rows = table[table.model == model]
        name, look = label(str(model), kind), look_of(kind)
        look = replace(look, marker=FURTHER_MARKERS[(rank - 1) % len(FURTHER_MARKERS)]) if rank else look
        for seed, mine in rows.groupby("seed"):
            title = f"{name}, seed {seed}" if rows.seed.nunique() > 1 else name
            found.append(Series(kind, name, title, look, mine))
    return found


def _in_order(model: str) -> list[str | int]:
    """A key that sorts beta_2 before beta_16."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", model)]


def first_seed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first training of each model."""
    return table[table.seed == table.seed.min()]


def some(table: pd.DataFrame, most: int) -> list[Series]:
    """At most so many trained models of a table, evenly spaced, the first and the last among them."""
    every = series(table)
    if len(every) <= most:
        return every
    return [every[round(place)] for place in np.linspace(0, len(every) - 1, most)]


def label(model: str, kind: str) -> str:
    """The kind's title where the model is named after its kind, "Title (augmix)" for KIND_augmix, else the name."""
    title = KINDS[kind].title if kind in KINDS else kind
    if model == kind:
        return title
    return f"{title} ({model.removeprefix(f'{kind}_').replace('_', ' ')})" if model.startswith(f"{kind}_") else model


def check(table: pd.DataFrame, name: str, columns: Iterable[str]) -> None:
    """Raise ArtifactError, in one line, where the table called `name` lacks columns or has no rows."""
    missing = [column for column in (*IDENTITY, *columns) if column not in table.columns]
    if missing:
        raise ArtifactError(f"{name} table: lacks {', '.join(missing)}; it has {', '.join(map(str, table.columns))}")
    if table.empty:
        raise ArtifactError(f"{name} table: has no rows")


def pick(table: pd.DataFrame, name: str, column: str, value: str) -> pd.DataFrame:
    """The rows that have `value` in `column`. Raises ArtifactError, in one line, where there are none."""
    found = table[table[column] == value]
    if found.empty:
        others = ", ".join(sorted(map(str, table[column].unique())))
        raise ArtifactError(f"{name} table: no rows with {column} = {value}; it has {others}")
    return found


def of_series(table: pd.DataFrame, name: str, one: Series) -> pd.DataFrame:
    """The rows of the same trained model in another table. Raises ArtifactError, in one line, where there are none."""
    model, seed = one.rows.model.iloc[0], one.rows.seed.iloc[0]
    found = table[(table.model == model) & (table.seed == seed)]
    if found.empty:
        raise ArtifactError(f"{name} table: no rows of {model} seed {seed}")
    return found


def errors(mean: Any, low: Any, high: Any) -> np.ndarray:
    """[2, n]: the distances from `mean` down to `low` and up to `high`, as Axes.errorbar wants them.

    An end that rounding has put on the wrong side of the mean counts as a distance of 0.
    """
    return np.maximum(np.stack([np.atleast_1d(mean - low), np.atleast_1d(high - mean)]), 0.0)


def number(values: Iterable[Any], noun: str) -> str:
    """ "360 images"; "36–360 images" where the rows differ; "1 image"."""
    found = sorted({int(value) for value in values})
    amount = f"{found[0]:,}" if len(found) == 1 else f"{found[0]:,}–{found[-1]:,}"
    return f"{amount} {noun if found[-1] != 1 else noun.removesuffix('s')}"


def first_of(table: pd.DataFrame, shown: int) -> str:
    """ "3 images" where the table has no more, else "the first 3 of 20 images"."""
    every = number(table.num_images, "images")
    return every if int(table.num_images.max()) == shown else f"the first {shown} of {every}"


def which_data(table: pd.DataFrame, split: str = "test") -> str:
    """ "digits, test split, seed 0": which images were used, and which training runs."""
    seeds = sorted(table.seed.unique())
    names = ", ".join(sorted(table.dataset.unique()))
    return f"{names}, {split} split, seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"


def interval(table: pd.DataFrame) -> str:
    """ "95 % confidence interval" where the table says which level, else "confidence interval"."""
    levels = sorted(table.ci_level.unique()) if "ci_level" in table.columns else []
    return " ".join([*(f"{100 * level:g} %" for level in levels), "confidence interval"])
