"""How alike classes are in latent space (Mackowiak et al. 2021, figure 4)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from sbgc.figures import class_names, style, tables
from sbgc.figures.panels import panels
from sbgc.maths.class_similarity import expected_posterior

COLUMNS = ("first_class", "first_name", "second_class", "distance", "expected_posterior", "sampled_posterior",
           "sampled_standard_error", "samples")  # fmt: skip
PANELS_A_ROW = 3
NUMBERED = 10  # classes, of which there is room for a number in each cell of a third of a page
ENOUGH = 10  # latents that are expected beyond the middle between two centers, so that a sample's error means something
NAMED = 20  # classes, of which there is room for every name


@style.styled
def draw(class_similarity: pd.DataFrame) -> Figure:
    """A panel for each model: the color is the distance of two centers, and the number the expected posterior.

    The posterior is that of the one class where the other is the more probable of the two, by the closed form; how well
    sampled latents agree with it stands in the small print. The diagonal, at distance 0, is blank.
    """
    tables.check(class_similarity, "class_similarity", COLUMNS)
    models = tables.series(tables.first_seed(class_similarity))
    low, high = class_similarity.distance.min(), class_similarity.distance.max()
    made = panels(len(models), PANELS_A_ROW, 2.35, 0.5)
    for (axes,), one in zip(made.each, models, strict=True):
        shade = _panel(axes, one.rows, low, max(high, low + 1e-9))
        axes.set_title(one.title)
    bar = made.figure.colorbar(shade, ax=[axes for (axes,) in made.each], fraction=0.04, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label("Distance [sd] (posterior [%])")
    ticks = np.linspace(low, high, 5)
    shares = 100.0 * expected_posterior(ticks)
    bar.set_ticks([*ticks], labels=[f"{tick:.2f} ({share:.2g})" for tick, share in zip(ticks, shares, strict=True)])
    made.label("Class")
    style.small_print(made.figure, _facts(class_similarity))
    return made.figure


def _panel(axes: Axes, rows: pd.DataFrame, low: float, high: float) -> AxesImage:
    classes = int(rows.first_class.max()) + 1
    distance, expected = np.full((classes, classes), np.nan), np.full((classes, classes), np.nan)
    distance[rows.first_class, rows.second_class] = rows.distance
    expected[rows.first_class, rows.second_class] = 100.0 * rows.expected_posterior
    shade = axes.imshow(distance, cmap="cividis", vmin=low, vmax=high, interpolation="nearest")
    written = classes <= NUMBERED
    for place in np.argwhere(np.isfinite(distance)) if written else ():
        first, second = map(int, place)
        color = "black" if distance[first, second] > 0.5 * (low + high) else "white"
        look: dict[str, Any] = {"fontsize": style.SMALL, "color": color, "ha": "center", "va": "center"}
        axes.text(second, first, f"{expected[first, second]:.0f}", **look)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    names = dict(zip(rows.first_class, rows.first_name, strict=True))
    if classes <= NAMED:
        called = class_names.called([str(names[one]) for one in range(classes)], range(classes))
        upright = any(len(name) > 2 for name in called)
        axes.set_xticks(range(classes), called, rotation=90 if upright else 0)
        axes.set_yticks(range(classes), called)
    axes.set_xlabel("Class")
    return shade


def _facts(table: pd.DataFrame) -> str:
    data = tables.which_data(table, "train")
    told = "Numbers are the expected posterior [%] of a class where the other is the more probable of the two; "
    return f"{data}. {told}{_check(table)}. sd: a class's standard deviation."


def _check(table: pd.DataFrame) -> str:
    """How well sampled latents agree, by the pairs of which enough of them are expected beyond the middle.

    Of fewer, a sample knows neither its mean nor its error: most of them have not seen what is rare.
    """
    samples = tables.number(table.samples, "latents")
    seen = table[table.samples * table.expected_posterior >= ENOUGH]
    if seen.empty:
        return f"{samples} of each class are too few to check it"
    off = (seen.sampled_posterior - seen.expected_posterior) / seen.sampled_standard_error
    size, largest = np.sqrt(np.nanmean(np.square(off))), np.nanmax(np.abs(off))
    which = "" if len(seen) == len(table) else f" for {len(seen):,} of {len(table):,} pairs, which are not too rare"
    differ = f"{samples} of each class differ from it by {size:.2f} standard errors{which}"
    return f"{differ} (root mean square; the largest of all: {largest:.1f})"
