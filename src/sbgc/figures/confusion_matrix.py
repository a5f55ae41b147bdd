"""Which class is taken for which."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from sbgc.figures import style, tables

COLUMNS = ("evaluation", "true_class", "predicted_class", "count")
SHORT = 100  # counts below it fit into the cells of three panels a row, larger ones into those of two
TALLEST = 3.2  # inches a panel
DARK = 50  # share [%] from which letters are white


@style.styled
def draw(confusion: pd.DataFrame) -> Figure:
    """Per model the counts of the test split, 0 left blank; the color is the share of the true class, on one scale."""
    tables.check(confusion, "confusion", COLUMNS)
    test = tables.pick(confusion, "confusion", "evaluation", "test")
    models = tables.series(test)
    columns = min(len(models), 3 if test["count"].max() < SHORT else 2)
    rows = -(-len(models) // columns)
    width = style.DOUBLE_COLUMN if columns > 1 else style.SINGLE_COLUMN
    drawn = style.figure(width, min(width / (columns + 0.2), TALLEST) * rows + 0.45)
    panels = drawn.subplots(rows, columns, squeeze=False)
    for place, (axes, one) in enumerate(zip(panels.flat, models, strict=False)):
        shade = _panel(axes, one)
        axes.set_ylabel("" if place % columns else "True class")
    for axes in panels.flat[len(models) :]:
        axes.set_axis_off()
    bar = drawn.colorbar(shade, ax=panels, label="Share of true class [%]", fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    images = tables.number([one.rows["count"].sum() for one in models], "images")
    style.small_print(drawn, f"{tables.which_data(test)}, {images}; numbers: images, blank: none.")
    return drawn


def _panel(axes: Axes, one: tables.Series) -> AxesImage:
    counts = _counts(one.rows)
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shade = axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    for true, predicted in zip(*np.nonzero(counts), strict=True):
        look: dict[str, Any] = {
            "fontsize": style.SMALL,
            "color": "white" if share[true, predicted] >= DARK else "black",
        }
        axes.text(predicted, true, str(counts[true, predicted]), ha="center", va="center", **look)
    axes.set(title=one.title, xlabel="Predicted class", xticks=range(len(counts)), yticks=range(len(counts)))
    axes.spines[:].set(visible=True, color="0.8")
    axes.tick_params(length=0)
    return shade


def _counts(rows: pd.DataFrame) -> np.ndarray:
    """[true, predicted], square over all classes seen in either role."""
    classes = int(max(rows.true_class.max(), rows.predicted_class.max())) + 1
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (rows.true_class, rows.predicted_class), rows["count"])
    return counts
