"""A figure with a panel for each model, in rows."""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style

Panel = tuple[Axes, ...]  # one below the other


class Panels(NamedTuple):
    """A figure, its panels in the order of the models, and how many stand in a row."""

    figure: Figure
    each: list[Panel]
    columns: int

    def label(self, *labels: str) -> None:
        """Name the vertical axes of the panels that begin a row, and leave the others without a name."""
        for place, panel in enumerate(self.each):
            for axes, label in zip(panel, labels, strict=True):
                axes.set_ylabel("" if place % self.columns else label)


def panels(models: int, a_row: int, height: float, margin: float, heights: Sequence[float] = (1.0,)) -> Panels:
    """An empty figure of so many panels, at most `a_row` of them in a row.

    height: of a row, in inches, and margin: of what stands above and below. heights: the ratios of a panel's axes, from
    top to bottom.
    """
    columns = min(models, a_row)
    rows, parts = -(-models // columns), len(heights)
    drawn = style.figure(style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN, height * rows + margin)
    grid = drawn.subplots(parts * rows, columns, squeeze=False, height_ratios=[*heights] * rows)
    each = [tuple(grid[parts * (place // columns) :, place % columns][:parts]) for place in range(rows * columns)]
    for panel in each[models:]:
        for axes in panel:
            axes.remove()
    return Panels(drawn, each[:models], columns)
