"""Where images lie among the centers of their most probable classes (Mackowiak et al. 2021, figure 3)."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse

from sbgc.figures import class_names, style, tables

COLUMNS = ("index", "label_name", "rank", "class_name", "posterior", "center_along", "center_radial", "image_along",
           "image_radial", "circle_along", "circle_radial", "num_images", "draws")  # fmt: skip
MODELS, IMAGES = 3, 3  # that are drawn; the table has all
SHAPE = 0.42  # of a panel, height by width
SHORT = 3  # letters of a name, two of which have room beside each other
COLORS = (style.VERMILION, style.BLUE)  # of the two most probable classes


@style.styled
def draw(decision_space: pd.DataFrame) -> Figure:
    """A panel for each image and model, in which the black point is the image and the circles are its two best classes.

    Along the horizontal axis the centers of the two classes lie, and the vertical axis is the distance from it. The
    axes are scaled so that circles look like circles: in each direction by itself they hold 90 % of a class's latents.
    Grey points are the centers of the next classes.
    """
    tables.check(decision_space, "decision_space", COLUMNS)
    models = tables.some(tables.first_seed(decision_space), MODELS)
    images = list(dict.fromkeys(decision_space["index"]))[:IMAGES]
    columns = len(models)
    stacked = bool(decision_space.class_name.astype(str).str.len().max() > SHORT)  # names below each other
    width = style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN
    drawn = style.figure(width, (1.32 + 0.14 * stacked) * len(images) + 0.75)
    grid = drawn.subplots(len(images), columns, squeeze=False)
    for row, image in zip(grid, images, strict=True):
        for axes, one in zip(row, models, strict=True):
            _panel(axes, one.rows[one.rows["index"] == image].sort_values("rank"), stacked)
        label = class_names.called([decision_space[decision_space["index"] == image].label_name.iloc[0]], [0])[0]
        row[0].set_ylabel(f"Image {image}, label {label}\nDistance from axis [sd]")
    for axes, one in zip(grid[0], models, strict=True):
        axes.set_title(one.title, pad=34 if stacked else 24)
    for axes in grid[-1]:
        axes.set_xlabel("Place along the axis [sd]")
    style.small_print(drawn, _facts(decision_space, len(images), columns))
    return drawn


def _panel(axes: Axes, classes: pd.DataFrame, stacked: bool) -> None:
    first = classes.iloc[0]
    size = (2.0 * first.circle_along, 2.0 * max(first.circle_radial, 1e-6))
    for place, color in zip(classes.iloc[:2].itertuples(), COLORS, strict=False):
        name = class_names.called([str(place.class_name)], [0])[0]
        center = (place.center_along, 0.0)
        axes.add_patch(Ellipse(center, *size, facecolor=color, alpha=0.18))
        look: dict[str, Any] = {"color": color, "linestyle": "none", "marker": "o", "markersize": 4}
        axes.plot(*center, **look, label=f"{name}: {100 * place.posterior:.1f} %")
    others = classes.iloc[2:]
    axes.plot(others.center_along, others.center_radial, "o", color="0.6", markersize=3)
    axes.plot(first.image_along, first.image_radial, "*", color="black", markersize=7)
    _limit(axes, classes)
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.05, 0.97)}
    axes.legend(**above, ncols=2 - stacked, handletextpad=0.1, columnspacing=0.8, labelspacing=0.2)


def _limit(axes: Axes, classes: pd.DataFrame) -> None:
    """Room for circles and points, in which circles are as wide as high."""
    first = classes.iloc[0]
    scale = first.circle_radial / first.circle_along if first.circle_radial > 0 else 1.0
    low = min(-first.circle_along, first.image_along) - 0.2
    high = max(classes.center_along.iloc[1] + first.circle_along, first.image_along) + 0.2
    top = 1.08 * max(first.circle_radial, first.image_radial, classes.center_radial.max(), 1e-6)
    width = max(high - low, top / scale / SHAPE)
    middle = 0.5 * (low + high)
    axes.set_xlim(middle - 0.5 * width, middle + 0.5 * width)
    axes.set_ylim(0.0, width * scale * SHAPE)
    axes.set_box_aspect(SHAPE)


def _facts(table: pd.DataFrame, images: int, columns: int) -> str:
    models = table.groupby(["model"]).ngroups
    shown = f"{tables.first_of(table, images)}, chosen by hand"
    missing = f"; {columns} of {models} models" if columns < models else ""
    return (
        f"{tables.which_data(table)}, {shown}{missing}, means of {tables.number(table.draws, 'draws')}. sd: a class's "
        "standard deviation. Colors: the two most probable classes and their posterior; grey: the next ones. Circles "
        "hold 90 % of a class in each direction."
    )
