"""How each model does under attacks that were made against each of the models."""

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables

COLUMNS = ("norm", "attacked", "epsilon", "accuracy", "ci_low", "ci_high", "num_images", "draws", "methods")
NORMS = {"linf": r"$\ell_\infty$", "l2": r"$\ell_2$"}
COLORS = "cividis"  # told apart by every kind of color vision; its lightness grows evenly
LIGHT = 47.0  # accuracy [%] from which black letters stand out more than white ones
ROOM = 5.2  # inches of the page's width that are left for cells, beside names and the scale of colors
WIDE, HIGH = 0.6, 0.36  # inches of a cell that holds an interval below its accuracy
SMALL = 0.25  # of one that holds the accuracy alone
LINE = 11  # letters of a line of a model's name
Cells = dict[tuple[str, str], Any]  # the rows of the table, by the model that judges and the one that was attacked


@style.styled
def draw(transfers: pd.DataFrame) -> Figure:
    """A panel for each norm: the accuracy of a row's model on images that were made against a column's model.

    On the framed diagonal a model judges the attacks on itself, by the same methods. A cell holds the accuracy in per
    cent and, where there is room, its interval. Of several trainings of a model, the first is shown. Raises
    ArtifactError, in one line, where a model does not judge the attacks on another one.
    """
    tables.check(transfers, "transfers", COLUMNS)
    first = tables.first_seed(transfers)
    models = {str(one.rows.model.iloc[0]): one.label for one in tables.series(first)}
    norms = sorted(first.norm.unique(), key=lambda norm: (norm != "linf", norm))
    intervals, beside = len(models) * WIDE <= ROOM, len(norms) * len(models) * WIDE <= ROOM
    shape = (1, len(norms)) if beside else (len(norms), 1)
    height = len(models) * (HIGH if intervals else SMALL)
    drawn = style.figure(style.DOUBLE_COLUMN, shape[0] * (height + 0.9) + 0.4)
    panels = drawn.subplots(*shape, squeeze=False)
    for place, (axes, norm) in enumerate(zip(panels.flat, norms, strict=True)):
        rows = first[first.norm == norm]
        shade = _panel(axes, _cells(rows, list(models)), list(models), intervals)
        axes.set_title(f"{NORMS[norm]} attacks, ε = {rows.epsilon.iloc[0]:.4g}")
        _label(axes, list(models.values()), upright=not intervals, first=not beside or place == 0)
    bar = drawn.colorbar(shade, ax=panels, label="Accuracy [%]", fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    style.small_print(drawn, _facts(first, transfers.seed.nunique(), intervals))
    return drawn


def _cells(rows: pd.DataFrame, models: Sequence[str]) -> Cells:
    cells: Cells = {(row.model, row.attacked.rpartition("-seed")[0]): row for row in rows.itertuples()}
    for pair in ((one, other) for one in models for other in models):
        if pair not in cells:
            raise ArtifactError("transfers table: {} does not judge the attacks on {}".format(*pair))
    return cells


def _panel(axes: Axes, cells: Cells, models: Sequence[str], intervals: bool) -> AxesImage:
    accuracy = [[100.0 * cells[one, other].accuracy for other in models] for one in models]
    shade = axes.imshow(accuracy, cmap=COLORS, vmin=0, vmax=100, interpolation="nearest", aspect="auto")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for row, one in enumerate(models):
        for column, other in enumerate(models):
            _write(axes, row, column, cells[one, other], intervals)
        axes.add_patch(_frame(row))
    return shade


def _write(axes: Axes, row: int, column: int, cell: Any, intervals: bool) -> None:
    """The accuracy in a cell, in per cent, and its interval below it."""
    accuracy, low, high = (100.0 * value for value in (cell.accuracy, cell.ci_low, cell.ci_high))
    look: dict[str, Any] = {"color": "black" if accuracy >= LIGHT else "white", "ha": "center"}
    if intervals:
        axes.text(column, row, f"{accuracy:.0f}", va="bottom", fontsize=9, **look)
        axes.text(column, row + 0.1, f"[{low:.0f}, {high:.0f}]", va="top", fontsize=style.SMALL, **look)
    else:
        axes.text(column, row, f"{accuracy:.0f}", va="center", fontsize=style.SMALL, **look)


def _frame(place: int) -> Rectangle:
    """Around a cell of the diagonal."""
    return Rectangle((place - 0.47, place - 0.47), 0.94, 0.94, fill=False, edgecolor=style.VERMILION, linewidth=1.2)


def _label(axes: Axes, models: Sequence[str], upright: bool, first: bool) -> None:
    names = ["\n".join(textwrap.wrap(name, LINE, break_long_words=False)) for name in models]
    axes.set_xticks(range(len(names)), list(models) if upright else names, rotation=90 if upright else 0)
    axes.set_yticks(range(len(names)), list(models) if upright else names)
    axes.tick_params(labelleft=first)
    axes.set(xlabel="Attacks made against", ylabel="Accuracy of" if first else "")


def _facts(table: pd.DataFrame, trainings: int, intervals: bool) -> str:
    first = f", the first of {trainings} trainings" if trainings > 1 else ""
    counts = f"{tables.number(table.num_images, 'images')}, {tables.number(table.draws, 'draws')} each"
    worst = f"The worst of {', '.join(table.methods.unique())} within ε, which is in grey levels scaled to 0–1"
    below = f" Below an accuracy: its {tables.interval(table)}." if intervals else ""
    own = "Framed: attacks on the model itself (white box)"
    return f"{tables.which_data(table)}{first}, {counts}. {worst}. {own}.{below}"
