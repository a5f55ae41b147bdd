"""Calibration: whether predictions with a confidence of 90 % are right in 90 % of cases."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables

COLUMNS = ("evaluation", "bin_low", "bin_high", "confidence", "accuracy", "ci_low", "ci_high", "num_images")
PANELS_A_ROW = 3
PERCENT = range(0, 101, 25)


@style.styled
def draw(reliability: pd.DataFrame) -> Figure:
    """For each model, the accuracy in each bin of confidence against the bin's mean confidence, with its interval.

    A model whose points lie on the dotted diagonal is perfectly calibrated. The panel below shows, on a log scale, how
    many images have that confidence. Bins without images are not shown.
    """
    tables.check(reliability, "reliability", COLUMNS)
    test = tables.pick(reliability, "reliability", "evaluation", "test")
    models = tables.series(test)
    columns = min(len(models), PANELS_A_ROW)
    rows = -(-len(models) // columns)
    drawn = style.figure(style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN, 2.9 * rows + 0.2)
    panels = drawn.subplots(2 * rows, columns, squeeze=False, height_ratios=[2.6, 1] * rows)
    for place in range(rows * columns):
        upper, lower = panels[2 * (place // columns) :, place % columns][:2]
        if place < len(models):
            _calibration(upper, models[place], "" if place % columns else "Accuracy [%]")
            _histogram(lower, models[place], "" if place % columns else "Images", _most(models))
        else:
            upper.remove()
            lower.remove()
    images = tables.number([one.rows.num_images.sum() for one in models], "images")
    bars = f"Bars: {tables.interval(test)}s. Dotted: perfect calibration"
    style.small_print(drawn, f"{tables.which_data(test)}, {images}. {bars}.")
    return drawn


def _most(models: list[tables.Series]) -> int:
    return max(int(one.rows.num_images.max()) for one in models)


def _calibration(axes: Axes, one: tables.Series, label: str) -> None:
    rows = one.rows[one.rows.num_images > 0].sort_values("bin_low")
    axes.plot([0, 100], [0, 100], color=style.GREY, linestyle=":", linewidth=0.8)
    spread = 100 * tables.errors(rows.accuracy, rows.ci_low, rows.ci_high)
    look = one.look.plot | {"elinewidth": 0.8, "clip_on": False, "zorder": 3}
    axes.errorbar(100 * rows.confidence, 100 * rows.accuracy, yerr=spread, **look)
    axes.set(title=one.title, xlim=(0, 100), ylim=(0, 100), xticks=PERCENT, yticks=PERCENT, ylabel=label)
    axes.tick_params(labelbottom=False, labelleft=bool(label))


def _histogram(axes: Axes, one: tables.Series, label: str, most: int) -> None:
    rows = one.rows[one.rows.num_images > 0]
    look: dict[str, Any] = {"color": one.look.color, "alpha": 0.6, "edgecolor": "white", "linewidth": 0.5}
    axes.bar(100 * rows.bin_low, rows.num_images, width=100 * (rows.bin_high - rows.bin_low), align="edge", **look)
    axes.set(xlabel="Confidence [%]", ylabel=label, yscale="log", ylim=(0.7, 1.5 * most))
    axes.set(xlim=(0, 100), xticks=PERCENT)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.tick_params(labelleft=bool(label))
