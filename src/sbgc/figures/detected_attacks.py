"""Figure 7 of Mackowiak et al. 2021: how far attacks must go, and how well a test of log p(x) detects them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.tables import Series

COLUMNS = (
    "attack", "method", "norm", "evades", "confidence", "detector_weight", "test", "size_mean", "size_ci_low",
    "size_ci_high", "auroc", "auroc_ci_low", "auroc_ci_high", "num_images", "draws",
)  # fmt: skip
NONE = "none"
NORMS = {"linf": r"$\ell_\infty$", "l2": r"$\ell_2$"}
NAMES = {"carlini_wagner": "Carlini–Wagner", "fast_minimum_norm": "FMN", "apgd": "Auto-PGD", "pgd": "PGD"}
SHADES = ("#4D4D4D", style.BLUE, style.ORANGE, style.GREEN, style.PURPLE)  # of variants, in their order
SPREAD, WIDTH = 0.8, 0.92  # of the bars of a model, and of a bar in its place


class Group(NamedTuple):
    """Attacks that differ in how they evade a test alone, by title."""

    title: str
    norm: str
    variants: dict[str, pd.DataFrame]


@style.styled
def draw(attack_detection: pd.DataFrame) -> Figure:
    """A row for each attack and confidence: mean sizes of perturbations that mislead, and areas under ROC curves.

    A bar for each way in which the attack evades the test. Where some attacks evade one, those alone are shown, with
    their plain ones. The test is the one that most attacks evade, or that of typicality. Of the first seed.
    """
    tables.check(attack_detection, "attack_detection", COLUMNS)
    table = tables.first_seed(attack_detection)
    evaded = table.evades[table.evades != NONE].value_counts()
    test = str(evaded.idxmax()) if len(evaded) else "typicality"
    groups = _groups(table[(table.test == test) & table.evades.isin([test, NONE])], len(evaded) > 0)
    models = tables.series(pd.concat([rows for group in groups for rows in group.variants.values()]))
    drawn = style.figure(style.DOUBLE_COLUMN, 0.9 + 1.15 * len(groups))
    panels = drawn.subplots(len(groups), 2, squeeze=False, sharex=True)
    names = list(dict.fromkeys(name for group in groups for name in group.variants))
    for (sizes, areas), group in zip(panels, groups, strict=True):
        _bars(sizes, group, models, names, "size", "size_mean", 1.0)
        _bars(areas, group, models, names, "auroc", "auroc", 100.0)
        areas.axhline(50, color=style.GREY, linestyle=":", linewidth=1)
        areas.set_ylim(0, 100)
        sizes.set_title(group.title, loc="left")
        sizes.set_ylabel(f"Mean {NORMS[group.norm]} size")
        areas.set_ylabel("AUROC [%]")
    panels[0, 0].set_xlim(-0.6, len(models) - 0.4)
    for axes in panels[-1]:
        axes.set_xticks(range(len(models)), [one.label for one in models], rotation=30, ha="right")
    drawn.legend(*_legend(panels), loc="outside upper center", ncols=len(names))
    style.small_print(drawn, _facts(table, test))
    return drawn


def _groups(table: pd.DataFrame, evading: bool) -> list[Group]:
    """The attacks that differ in more than how they evade the test; those of one method by their confidence."""
    found = []
    keys = ["method", "norm", "confidence"]
    for (method, norm, confidence), rows in table.groupby(keys, dropna=False):
        if evading and (rows.evades == NONE).all():
            continue
        variants = {_variant(*key): part for key, part in rows.groupby(["evades", "detector_weight"], dropna=False)}
        title = NAMES.get(method, method.replace("_", " ").capitalize())
        if math.isinf(confidence):
            title += ", κ = ∞"
        elif not math.isnan(confidence):
            title += f", κ = {confidence:g}"
        found.append(Group(title, norm, dict(sorted(variants.items(), key=lambda item: _order(item[0])))))
    return found


def _variant(evades: str, weight: float) -> str:
    if evades == NONE:
        return "plain"
    return "evades the test" if math.isnan(weight) else f"evades, d = {weight:g}"


def _order(name: str) -> tuple[bool, bool, float]:
    """Plain attacks first, then by d."""
    return name != "plain", "d = " not in name, float(name.rpartition("= ")[2]) if "d = " in name else 0.0


def _bars(
    axes: Axes, group: Group, models: Sequence[Series], names: Sequence[str], ends: str, value: str, scale: float
) -> None:
    """A bar and its interval for each model and variant; none where a classifier has no such number."""
    width = SPREAD / len(names)
    for place, name in enumerate(names):
        rows = group.variants.get(name)
        if rows is None:
            continue
        x = np.arange(len(models)) + width * (place + 0.5) - SPREAD / 2
        found = rows.drop_duplicates("model").set_index("model").reindex([one.rows.model.iloc[0] for one in models])
        mean, low, high = (scale * found[column] for column in (value, f"{ends}_ci_low", f"{ends}_ci_high"))
        look: dict[str, Any] = {"color": SHADES[place % len(SHADES)], "width": WIDTH * width, "label": name}
        axes.bar(x, mean, yerr=tables.errors(mean, low, high), error_kw={"elinewidth": 0.7, "capsize": 1.5}, **look)


def _legend(panels: np.ndarray) -> tuple[list, list[str]]:
    found: dict[str, object] = {}
    for axes in panels[:, 0]:
        handles, names = axes.get_legend_handles_labels()
        found |= dict(zip(names, handles, strict=True))
    names = sorted(found, key=_order)
    return [found[name] for name in names], names


def _facts(table: pd.DataFrame, test: str) -> str:
    counts = f"{tables.number(table.num_images, 'images')}, {tables.number(table.draws, 'draws')} each"
    what = "Sizes of the perturbations that mislead the judge, in grey levels scaled to 0–1"
    area = f"AUROC: of the test of {test} against the images before; dotted: chance. A classifier has no log p(x)"
    return f"{tables.which_data(table)}, {counts}. {what}. {area}. Bars: {tables.interval(table)}s."
