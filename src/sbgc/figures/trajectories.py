"""Figure 6 of Mackowiak et al. 2021: the ways of attacks through latent space."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import class_names, style, tables

CORNERS = ("own", "reached", "next")
COLUMNS = (
    "index", "label", "attack", "confidence", "step", "along", "aside", "enough", "crossing", "confident",
    "num_images", *(f"{name}_{what}" for name in CORNERS for what in ("name", "along", "aside")),
)  # fmt: skip
MODELS, IMAGES = 3, 2  # that are drawn; the table has all
COLORS = (style.BLUE, style.VERMILION, style.GREY)  # of the three centers
SHAPE = 0.7  # of a panel, height by width
FAR = 100.0  # how far lines reach, beyond every panel


@style.styled
def draw(trajectories: pd.DataFrame) -> Figure:
    """A panel for each image and model: the latents of all that an attack asks for, in the plane of three centers.

    The plane goes through the centers of the own class, of the class that is reached, and of the nearest one after
    these. Full lines are the boundaries between these classes, and the dashed one is where the class that is reached
    leads by the confidence that the attack aims at. The way is dotted until it is there.
    """
    tables.check(trajectories, "trajectories", COLUMNS)
    models = tables.some(tables.first_seed(trajectories), MODELS)
    images = list(dict.fromkeys(trajectories["index"]))[:IMAGES]
    width = style.SINGLE_COLUMN if len(models) == 1 else style.DOUBLE_COLUMN
    drawn = style.figure(width, 1.6 * len(images) + 0.75)
    grid = drawn.subplots(len(images), len(models), squeeze=False)
    for row, image in zip(grid, images, strict=True):
        for axes, one in zip(row, models, strict=True):
            _panel(axes, one.rows[one.rows["index"] == image].sort_values("step"))
        row[0].set_ylabel(f"Image {image}\nAside [sd]")
    for axes, one in zip(grid[0], models, strict=True):
        axes.set_title(one.title)
    for axes in grid[-1]:
        axes.set_xlabel("Towards the other class [sd]")
    style.small_print(drawn, _facts(trajectories, len(images), len(models)))
    return drawn


def _panel(axes: Axes, way: pd.DataFrame) -> None:
    first = way.iloc[0]
    corners = np.array([[first[f"{name}_{what}"] for what in ("along", "aside")] for name in CORNERS])
    _limit(axes, np.concatenate([corners, way[["along", "aside"]].to_numpy()]))
    _boundaries(axes, corners)
    axes.axvline(first.confident, color="black", linestyle="--", linewidth=0.7)
    dotted: dict[str, Any] = {"color": style.GREEN, "linewidth": 1.2}
    axes.plot(way.along, way.aside, linestyle=":", **dotted)
    done = way.along.where(way.enough), way.aside.where(way.enough)
    axes.plot(*done, linestyle="-", **dotted)
    axes.plot(first.along, first.aside, "*", color="black", markersize=7)
    for name, corner, color in zip(CORNERS, corners, COLORS, strict=True):
        axes.plot(*corner, "o", color=color, markersize=5)
        called = class_names.called([str(first[f"{name}_name"])], [0])[0]
        axes.annotate(called, corner, (4, -9), textcoords="offset points", fontsize=style.SMALL, color=color)


def _limit(axes: Axes, points: np.ndarray) -> None:
    """Room for all points and for names, in which both axes have one scale."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, size = 0.5 * (low + high), 1.3 * (high - low)
    width = max(size[0], size[1] / SHAPE)
    axes.set_xlim(middle[0] - 0.5 * width, middle[0] + 0.5 * width)
    axes.set_ylim(middle[1] - 0.5 * width * SHAPE, middle[1] + 0.5 * width * SHAPE)
    axes.set_box_aspect(SHAPE)


def _boundaries(axes: Axes, corners: np.ndarray) -> None:
    """The three half-lines on which two of the classes are equally near and the third is not nearer."""
    for one, other, third in ((0, 1, 2), (0, 2, 1), (1, 2, 0)):
        middle, across = 0.5 * (corners[one] + corners[other]), corners[other] - corners[one]
        along = np.array([-across[1], across[0]]) / np.linalg.norm(across)
        reach = np.linspace(-FAR, FAR, 4001)
        points = middle + reach[:, None] * along
        nearest = np.linalg.norm(points - corners[third], axis=1) >= np.linalg.norm(points - corners[one], axis=1)
        shown = np.where(nearest[:, None], points, np.nan)
        axes.plot(*shown.T, color="black", linewidth=0.7, scalex=False, scaley=False)


def _facts(table: pd.DataFrame, images: int, columns: int) -> str:
    models = table.groupby(["model"]).ngroups
    missing = f"; {columns} of {models} models" if columns < models else ""
    what = f"The attack {table.attack.iloc[0]} with κ = {table.confidence.iloc[0]:g}"
    return (
        f"{tables.which_data(table)}, {tables.first_of(table, images)}, chosen by hand{missing}. {what}. Star: the "
        "image; solid way: its class is another by κ. sd: a class's standard deviation."
    )
