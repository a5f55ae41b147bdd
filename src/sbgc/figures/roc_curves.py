"""How well the typicality test tells outliers at every threshold (Mackowiak et al. 2021, section 3.3): ROC curves."""

import itertools

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
PANELS_A_ROW = 4
LIGHTEST = 0.7  # how much white the lightest of several models of a kind is mixed with


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
    columns, rows = min(len(sets), PANELS_A_ROW), -(-len(sets) // PANELS_A_ROW)
    drawn = style.figure(style.DOUBLE_COLUMN, 0.75 + 0.12 * (len(models) // 4) + 2.0 * rows)
    grid = list(drawn.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for place, (axes, name) in enumerate(itertools.zip_longest(grid, sets)):
        if name is None:
            axes.set_axis_off()
            continue
        _panel(axes, points[points["set"] == name], areas[areas["set"] == name], _colors(models))
        axes.set_title(spelled(name), pad=22)  # above the areas
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


def _colors(models: list[tables.Series]) -> dict[str, np.ndarray]:
    """Of each model: its kind's color, mixed with ever more white for further models of the kind."""
    found: dict[str, np.ndarray] = {}
    for kind in dict.fromkeys(one.kind for one in models):
        labels = list(dict.fromkeys(one.label for one in models if one.kind == kind))
        of_kind = next(one.look.color for one in models if one.kind == kind)
        for white, label in zip(np.linspace(0.0, LIGHTEST, max(len(labels), 2)), labels, strict=False):
            found[label] = (1.0 - white) * np.array(to_rgb(of_kind)) + white
    return found


def _panel(axes: Axes, points: pd.DataFrame, areas: pd.DataFrame, colors: dict[str, np.ndarray]) -> None:
    axes.plot([0, 100], [0, 100], color=style.GREY, linestyle=":", linewidth=0.8)
    found = []
    for one in tables.series(areas):
        line = {"color": colors[one.label], "linestyle": one.look.line, "label": one.label}
        curve = tables.of_series(points, "roc", one)
        axes.plot(100 * curve.false_positive_rate, 100 * curve.detected, linewidth=1.1, **line)
        found.append((one.label, *one.rows.iloc[0][["auroc", "ci_low", "ci_high"]].astype(float)))
    ends = dict.fromkeys(choose(found, key=lambda area: area[1]) for choose in (max, min))
    told = "\n".join(f"{label} {100 * area:.0f} [{100 * low:.0f}, {100 * high:.0f}]" for label, area, low, high in ends)
    axes.text(0.5, 1.02, told, transform=axes.transAxes, ha="center", va="bottom", fontsize=style.SMALL)
    axes.set(xlim=(0, 100), ylim=(0, 102), xticks=[0, 50, 100], yticks=[0, 50, 100])


def _facts(areas: pd.DataFrame) -> str:
    clean = f"{tables.number(areas.num_clean, 'clean images')}, {tables.number(areas.draws, 'draws')} each"
    told = f"typical is what {tables.number(areas.num_reference, 'training images')} are like"
    sizes = areas.drop_duplicates("set").set_index("set")["num_images"]
    counts = ", ".join(f"{spelled(name).lower()} {count:,}" for name, count in sizes.items())
    above = (
        f"Above each panel: the largest and the smallest area under a curve [%], {tables.interval(areas)}s in brackets"
    )
    return f"{tables.which_data(areas)}: {clean}; {told}. Outliers: {counts}. {above}."
