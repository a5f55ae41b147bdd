"""How well the typicality test tells outliers at every threshold (Mackowiak et al. 2021, section 3.3): ROC curves."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.corruption_names import spelled

COLUMNS = ("group", "set", "method", "auroc", "ci_low", "ci_high", "num_images", "num_clean", "num_reference", "draws")
POINTS = ("group", "set", "method", "false_positive_rate", "detected")
METHOD = "typicality"
TOGETHER = "main corruptions"  # the only set of its group that has a panel
DATASETS = {"digits": "Digits", "mnist": "MNIST", "kmnist": "KMNIST", "cifar10": "CIFAR-10"}
PANELS_A_ROW = 4
SHADES = (-0.6, 0.6)  # of several models of a kind: from so much black (below 0) to so much white in their color


@style.styled
def draw(outliers: pd.DataFrame, roc: pd.DataFrame) -> Figure:
    """A panel for each set of outliers: the share of them that is detected [%] at each false-positive rate [%].

    A line is a model of the first seed, and models of one kind are shades of its color. Above each panel stand the
    models of the largest and the smallest area under the curve [%], with its interval. The corruptions share a panel.
    The dotted diagonal is what guessing reaches.
    """
    tables.check(outliers, "outliers", COLUMNS)
    tables.check(roc, "roc", POINTS)
    areas, points = (_shown(table) for table in (outliers, roc))
    sets = list(areas.sort_values("group", kind="stable")["set"].unique())
    models = tables.series(areas)
    rows = -(-len(sets) // PANELS_A_ROW)
    columns = -(-len(sets) // rows)
    drawn = style.figure(style.DOUBLE_COLUMN, 0.75 + 0.12 * (len(models) // 4) + 2.0 * rows)
    grid = list(drawn.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for place, (axes, name) in enumerate(itertools.zip_longest(grid, sets)):
        if name is None:
            axes.set_axis_off()
            continue
        _panel(axes, points[points["set"] == name], areas[areas["set"] == name], _lines(models))
        axes.set_title(DATASETS.get(name, spelled(name)), pad=22)  # above the areas
        below = place + columns >= len(sets)
        axes.tick_params(labelbottom=below)
        axes.set_xlabel("False-positive rate [%]" if below else "")
        axes.set_ylabel("Detected [%]" if place % columns == 0 else "")
    drawn.legend(*grid[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    style.small_print(drawn, _facts(areas))
    return drawn


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    together = (table["group"] == "outliers") | (table["set"] == TOGETHER)
    return table[(table["seed"] == table["seed"].min()) & (table["method"] == METHOD) & together]


def _lines(models: list[tables.Series]) -> dict[str, dict[str, Any]]:
    """How each model is drawn: in its kind's color and line, or solid and in a shade where there are several of it."""
    found: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(one.kind for one in models):
        looks = {one.label: one.look for one in models if one.kind == kind}
        for label, mixed in zip(looks, np.linspace(*SHADES, len(looks)), strict=True):
            color, ground = np.array(to_rgb(looks[label].color)), float(mixed > 0)
            found[label] = {"color": (1.0 - abs(mixed)) * color + abs(mixed) * ground, "linestyle": "-"}
        if len(looks) == 1:
            found |= {label: {"color": look.color, "linestyle": look.line} for label, look in looks.items()}
    return found


def _panel(axes: Axes, points: pd.DataFrame, areas: pd.DataFrame, lines: dict[str, dict[str, Any]]) -> None:
    axes.plot([0, 100], [0, 100], color=style.GREY, linestyle=":", linewidth=0.8)
    found = []
    for one in tables.series(areas):
        curve, line = tables.of_series(points, "roc", one), lines[one.label] | {"label": one.label, "linewidth": 1.1}
        axes.plot(100 * curve.false_positive_rate, 100 * curve.detected, **line)
        found.append((one.label, *one.rows.iloc[0][["auroc", "ci_low", "ci_high"]].astype(float)))
    ends = list(dict.fromkeys(choose(found, key=lambda area: area[1]) for choose in (max, min)))
    if len(ends) == 1 < len(found):  # several models, and none is better
        ends = [("all:", *ends[0][1:])]
    told = "\n".join(f"{label} {100 * area:.0f} [{100 * low:.0f}, {100 * high:.0f}]" for label, area, low, high in ends)
    axes.text(0.5, 1.02, told, transform=axes.transAxes, ha="center", va="bottom", fontsize=style.SMALL)
    axes.set(xlim=(0, 100), ylim=(0, 102), xticks=[0, 50, 100], yticks=[0, 50, 100])


def _facts(areas: pd.DataFrame) -> str:
    clean = f"{tables.number(areas.num_clean, 'clean images')}, {tables.number(areas.draws, 'draws')} each"
    told = f"typical is what {tables.number(areas.num_reference, 'training images')} are like"
    sizes = areas.drop_duplicates("set").set_index("set")["num_images"]
    counts = ", ".join(f"{DATASETS.get(name, spelled(name).lower())} {count:,}" for name, count in sizes.items())
    above = (
        f"Above each panel: the largest and the smallest area under a curve [%], {tables.interval(areas)}s in brackets"
    )
    return f"{tables.which_data(areas)}: {clean}; {told}. Outliers: {counts}. {above}."
