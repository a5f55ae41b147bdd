"""Which class is taken for which."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from sbgc.figures import class_names, style, tables

COLUMNS = ("evaluation", "true_class", "predicted_class", "count")
NAME = "true_name"  # of the true class; a table need not have this column
TALLEST = 3.2  # inches of a panel
LABELS = 0.35  # inches of a panel that its axes do not have
DARK = 50  # share [%] from which letters are white
APART = 0.13  # inches from one tick's label to the next
SMALLEST = 3 / style.DPI  # inches of a cell


@style.styled
def draw(confusion: pd.DataFrame) -> Figure:
    """A panel for each model with the counts of the test split; the color is the share of the true class.

    All panels share the scale of colors. Cells without images are blank. Counts are written where the largest of them
    fits into a cell. Where there are more classes than a panel has room for, a cell holds several neighboring ones.
    Classes carry their names where the table has them.
    """
    tables.check(confusion, "confusion", COLUMNS)
    test = tables.pick(confusion, "confusion", "evaluation", "test")
    models = tables.series(test)
    classes = _classes(test)
    columns, written = _columns(len(models), classes, test["count"].max())
    rows, side = -(-len(models) // columns), _side(columns, classes)
    merged = _step(len(classes), side / SMALLEST)
    drawn = style.figure(_width(columns), (side + LABELS + _beside(classes)) * rows + 0.45)
    panels = drawn.subplots(rows, columns, squeeze=False)
    for place, (axes, one) in enumerate(zip(panels.flat, models, strict=False)):
        shade = _panel(axes, _counts(one.rows, len(classes)), merged, written)
        axes.set_title(one.title)
        _label(axes, classes, side, first=place % columns == 0)
    for axes in panels.flat[len(models) :]:
        axes.set_axis_off()
    bar = drawn.colorbar(shade, ax=panels, label="Share of true class [%]", fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    images = tables.number([one.rows["count"].sum() for one in models], "images")
    style.small_print(drawn, f"{tables.which_data(test)}, {images}.{_cells(written, merged)}")
    return drawn


def _cells(written: bool, merged: int) -> str:
    numbers = " Numbers count images; blank cells have none." if written else ""
    return f"{numbers} A cell holds {merged} × {merged} classes." if merged > 1 else numbers


def _classes(test: pd.DataFrame) -> list[str]:
    """What to call each class that is seen as a true or as a predicted one, from class 0 on."""
    count = int(max(test.true_class.max(), test.predicted_class.max())) + 1
    names = list(map(str, range(count)))
    if NAME in test.columns:
        for one, name in test.groupby("true_class")[NAME].first().items():
            names[int(one)] = str(name)
    return class_names.called(names, range(count))


def _width(columns: int) -> float:
    return style.DOUBLE_COLUMN if columns > 1 else style.SINGLE_COLUMN


def _beside(classes: list[str]) -> float:
    """Inches that the names of the classes take at the left, and upright below. Numbers take next to none."""
    return 0.0 if all(map(str.isdecimal, classes)) else max(map(style.dots, classes)) / style.DPI


def _side(columns: int, classes: list[str]) -> float:
    """Inches of a side of a panel's axes."""
    return min((_width(columns) - _beside(classes)) / (columns + 0.2), TALLEST) - LABELS


def _columns(models: int, classes: list[str], most: int) -> tuple[int, bool]:
    """Panels a row, and whether counts are written: as many panels as leave cells that hold the largest count."""
    room = style.dots(str(most)) / style.DPI + 0.02
    for columns in range(min(models, 3), min(models, 2) - 1, -1):
        if _side(columns, classes) / len(classes) >= room:
            return columns, True
    return min(models, 3), False


def _panel(axes: Axes, counts: np.ndarray, merged: int, written: bool) -> AxesImage:
    starts = range(0, len(counts), merged)
    cells = np.add.reduceat(np.add.reduceat(counts, starts, axis=0), starts, axis=1)
    share = 100 * cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    edges = (-0.5, merged * len(cells) - 0.5)
    shade = axes.imshow(share, cmap="Blues", vmin=0, vmax=100, interpolation="nearest", extent=(*edges, *edges[::-1]))
    for true, predicted in zip(*np.nonzero(counts), strict=True) if written else ():
        color = "white" if share[true, predicted] >= DARK else "black"
        look: dict[str, Any] = {"fontsize": style.SMALL, "color": color, "ha": "center", "va": "center"}
        axes.text(predicted, true, str(counts[true, predicted]), **look)
    axes.spines[:].set(visible=True, color="0.8")
    return shade


def _label(axes: Axes, classes: list[str], side: float, first: bool) -> None:
    """Name as many classes as there is room for, evenly spaced; those of the true classes at a row's first panel."""
    upright = _beside(classes) > 0
    wide = APART if upright else max(map(style.dots, classes)) / style.DPI + 0.04
    for axis, apart in ((axes.xaxis, wide), (axes.yaxis, APART)):
        ticks = range(0, len(classes), _step(len(classes), side / apart))
        axis.set_ticks(ticks, [classes[one] for one in ticks])
    axes.tick_params(length=0, labelleft=first)
    axes.tick_params(axis="x", labelrotation=90 if upright else 0)
    axes.set(xlabel="Predicted class", ylabel="True class" if first else "")


def _step(classes: int, room: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... by which to count so that no more labels result than there is room."""
    steps = (digit * 10**power for power in range(9) for digit in (1, 2, 5))
    return next(step for step in steps if classes / step <= room)


def _counts(rows: pd.DataFrame, classes: int) -> np.ndarray:
    """[true, predicted], square."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (rows.true_class, rows.predicted_class), rows["count"])
    return counts
