"""Calibration: whether predictions with a confidence of 90 % are right in 90 % of cases."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.panels import panels

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
    made = panels(len(models), PANELS_A_ROW, 2.9, 0.2, (2.6, 1.0))
    for place, ((upper, lower), one) in enumerate(zip(made.each, models, strict=True)):
        first = place % made.columns == 0
        _calibration(upper, one, first)
        _histogram(lower, one, first, _most(models))
    made.label("Accuracy [%]", "Images")
    drawn = made.figure
    images = tables.number([one.rows.num_images.sum() for one in models], "images")
    bars = f"Bars: {tables.interval(test)}s. Dotted: perfect calibration"
    style.small_print(drawn, f"{tables.which_data(test)}, {images}. {bars}.")
    return drawn


def _most(models: list[tables.Series]) -> int:
    return max(int(one.rows.num_images.max()) for one in models)


def _calibration(axes: Axes, one: tables.Series, first: bool) -> None:
    rows = one.rows[one.rows.num_images > 0].sort_values("bin_low")
    axes.plot([0, 100], [0, 100], color=style.GREY, linestyle=":", linewidth=0.8)
    spread = 100 * tables.errors(rows.accuracy, rows.ci_low, rows.ci_high)
    look = one.look.plot | {"elinewidth": 0.8, "clip_on": False, "zorder": 3}
    axes.errorbar(100 * rows.confidence, 100 * rows.accuracy, yerr=spread, **look)
    axes.set(title=one.title, xlim=(0, 100), ylim=(0, 100), xticks=PERCENT, yticks=PERCENT)
    axes.tick_params(labelbottom=False, labelleft=first)


def _histogram(axes: Axes, one: tables.Series, first: bool, most: int) -> None:
    rows = one.rows[one.rows.num_images > 0]
    look: dict[str, Any] = {"color": one.look.color, "alpha": 0.6, "edgecolor": "white", "linewidth": 0.5}
    axes.bar(100 * rows.bin_low, rows.num_images, width=100 * (rows.bin_high - rows.bin_low), align="edge", **look)
    axes.set(xlabel="Confidence [%]", yscale="log", ylim=(0.7, 1.5 * most))
    axes.set(xlim=(0, 100), xticks=PERCENT)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.tick_params(labelleft=first)
