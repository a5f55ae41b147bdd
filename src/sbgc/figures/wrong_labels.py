"""How likely images are with their right label and with the best wrong one (Fetaya et al. 2020, figure 3)."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.panels import panels

COLUMNS = ("label", "bin_low", "bin_high", "count", "num_images")
DETECTED = ("false_positive_rate", "threshold_bits_per_dim", "detected", "ci_low", "ci_high")
PANELS_A_ROW = 3


@style.styled
def draw(label_histogram: pd.DataFrame, label_detection: pd.DataFrame) -> Figure:
    """For each model, histograms of -log p(x|y) in bits/dim: filled with the right label, outlined with a wrong one.

    The wrong label is the best other class. Right of the dotted line lie as few images with their right label as the
    smallest false-positive rate allows; the title tells the share of wrong labels there, with its interval.
    """
    tables.check(label_histogram, "label_histogram", COLUMNS)
    tables.check(label_detection, "label_detection", DETECTED)
    models = tables.series(label_histogram)
    made = panels(len(models), PANELS_A_ROW, 2.1, 0.4)
    for (axes,), one in zip(made.each, models, strict=True):
        _panel(axes, one, tables.of_series(label_detection, "label_detection", one))
    made.label("Share of images [%]")
    handles, drawn = made.each[0][0].get_legend_handles_labels(), made.figure
    drawn.legend(*handles, loc="outside upper center", ncols=3 if made.columns > 1 else 1)
    images, rate = tables.number(label_histogram.num_images, "images"), label_detection.false_positive_rate.min()
    what = (
        f"Beyond the dotted line lie {100 * rate:g} % of images or fewer with their right label; the share with a wrong"
    )
    ending = (
        f"one is in the title, with its {tables.interval(label_detection)}. The outer bins hold what lies beyond them"
    )
    style.small_print(drawn, f"{tables.which_data(label_histogram)}, {images}. {what} {ending}.")
    return drawn


def _panel(axes: Axes, one: tables.Series, detected: pd.DataFrame) -> None:
    looks: dict[str, dict[str, Any]] = {
        "right": {"color": style.BLUE, "alpha": 0.45, "fill": True, "label": "right label"},
        "wrong": {"color": style.VERMILION, "linewidth": 1.2, "label": "best wrong label"},
    }
    for label, look in looks.items():
        rows = one.rows[one.rows.label == label].sort_values("bin_low")
        edges = [*rows.bin_low, rows.bin_high.iloc[-1]]
        axes.stairs(100.0 * rows["count"] / rows.num_images, edges, **look)
    strictest = detected.sort_values("false_positive_rate").iloc[0]
    line: dict[str, Any] = {"color": style.GREY, "linestyle": (0, (1, 1)), "linewidth": 1.0, "label": "threshold"}
    axes.axvline(strictest.threshold_bits_per_dim, **line)
    share, low, high = (100.0 * strictest[name] for name in ("detected", "ci_low", "ci_high"))
    axes.set(title=f"{one.title}: {share:.1f} % [{low:.1f}, {high:.1f}]", xlabel="-log p(x|y) [bits/dim]")
