"""Maps by which models of several kinds explain the same images (Mackowiak et al. 2021, figure 5)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import class_names, style, tables
from sbgc.figures.pictures import picture

COLUMNS = ("index", "label", "label_name", "rival_name", "map", "class", "row", "column", "height", "width",
           "value_nats", "total_nats", "standard_error_nats", "contrast", "num_images", "draws")  # fmt: skip
IMAGES = 2  # that are drawn; the table has all
DIVERGING, SEQUENTIAL = "PuOr_r", "cividis"  # told apart by every kind of color vision
SMALLEST = 0.005  # nats that are told, with two digits behind the point
SHORT = 8  # letters of two names that have room beside each other
MAPS = ("posterior", "gap", "salience")  # from top to bottom


@dataclass(frozen=True)
class Shown:
    """A map of one image: values [h, w] in nats, and what they sum to, with its standard error."""

    values: np.ndarray
    total: float
    error: float


@style.styled
def draw(heatmaps: pd.DataFrame, test: Split) -> Figure:
    """For each image three rows of maps, with a column for each model.

    The first row sums to the log-posterior of the label, the second to the log-odds of the label against its rival, and
    the third, where a model has it, to log p(x). The sum stands above a map and the range of its colors below: that of
    the first two rows is symmetric about 0, where a map is white.
    """
    tables.check(heatmaps, "heatmaps", COLUMNS)
    models = tables.series(tables.first_seed(heatmaps))
    images = list(dict.fromkeys(heatmaps["index"]))[:IMAGES]
    drawn = style.figure(style.DOUBLE_COLUMN, 2.95 * len(images) + 0.6)
    grid = drawn.subplots(len(MAPS) * len(images), 1 + len(models), squeeze=False)
    for place, image in enumerate(images):
        block = grid[len(MAPS) * place : len(MAPS) * (place + 1)]
        mine = heatmaps[heatmaps["index"] == image]
        label, rival = (class_names.called([str(mine[name].iloc[0])], [0])[0] for name in ("label_name", "rival_name"))
        together = " " if len(label + rival) <= SHORT else "\n"
        _image(block[0][0], test, image, f"image {image}\n{label}{together}or {rival}?")
        for axes, name in zip(block[:, 1], ("log p(label|x)", "label : rival", "log p(x)"), strict=True):
            axes.set_ylabel(name)
        for axes in block[1:, 0]:
            axes.set_axis_off()
        for column, one in enumerate(models, start=1):
            _column(block[:, column], one.rows[one.rows["index"] == image], one.title if place == 0 else "")
    style.small_print(drawn, _facts(heatmaps, len(images)))
    return drawn


def _image(axes: Axes, test: Split, image: int, title: str) -> None:
    found = np.flatnonzero(test.index == image)
    if not len(found):
        raise ArtifactError(f"test split: no image {image}, which the heatmaps explain")
    axes.imshow(picture(test.images[found[0]], test.meta["levels"] - 1.0), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=style.SMALL)


def _column(column: np.ndarray, rows: pd.DataFrame, title: str) -> None:
    for axes, name in zip(column, MAPS, strict=True):
        mine = rows[rows["map"] == name]
        mine = mine[mine["class"] == mine.label] if name == "posterior" else mine
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        heading = f"{title}\n" if title and name == MAPS[0] else ""
        if mine.empty:
            axes.set_box_aspect(1.0)
            axes.set_title(f"{heading}n/a", fontsize=style.SMALL, color=style.GREY)
        else:
            _map(axes, _shown(mine), heading, symmetric=name != "salience")


def _map(axes: Axes, one: Shown, heading: str, symmetric: bool) -> None:
    look: dict[str, Any] = {"interpolation": "nearest", "cmap": DIVERGING if symmetric else SEQUENTIAL}
    most = np.abs(one.values).max() or 1.0
    low, high = (-most, most) if symmetric else (one.values.min(), one.values.max())
    axes.imshow(one.values, vmin=low, vmax=high, **look)
    error = f" ± {_number(one.error)}" if one.error >= SMALLEST else ""
    axes.set_title(f"{heading}{_number(one.total)}{error}", fontsize=style.SMALL)
    axes.set_xlabel(f"± {most:.2g}" if symmetric else f"{low:.2g} to {high:.2g}", fontsize=style.SMALL)


def _shown(rows: pd.DataFrame) -> Shown:
    first = rows.iloc[0]
    values = np.zeros((int(first.height), int(first.width)))
    values[rows.row, rows.column] = rows.value_nats
    return Shown(values, float(first.total_nats), float(first.standard_error_nats))


def _number(value: float) -> str:
    return f"{value:.2f}" if SMALLEST <= abs(value) < 100 else f"{value:.0f}".replace("-0", "0")


def _facts(table: pd.DataFrame, images: int) -> str:
    shown = f"{tables.first_of(table, images)}, chosen by hand"
    contrast = ", ".join(f"{value:g}" for value in sorted(table.contrast.unique()))
    return (
        f"{tables.which_data(table)}, {shown}, {tables.number(table.draws, 'draws')} each. All in nats: above a map "
        "its sum with the standard error over draws, below it the range of its colors. Orange speaks for the label, "
        f"violet against it. Contrast {contrast}. A map has as many pixels as the model tells apart."
    )
