"""A model close to the data, fooled on half of them (Fetaya et al. 2020, figure 2), and the dimensions that takes."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Annulus, Circle

from sbgc.artifacts import ArtifactError
from sbgc.figures import style

COLUMNS = ("epsilon_nats", "delta", "width", "dimension", "dimension_of_equation_19", "flipped", "likely", "samples")
WIDTH = 0.55  # of the shell that is drawn
CLASSES = (style.BLUE, style.ORANGE)
LOOKS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE)
LINES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (4, 1.5, 1, 1.5)))


@style.styled
def draw(counterexample: pd.DataFrame) -> Figure:
    """On the left the data and the model on the plane, and an attack; on the right the smallest dimension.

    Areas are colored by their most probable class, and hatched where the data and the model disagree in high
    dimensions, in the ball. The dimension is that in which both divergences are below epsilon, for the narrowest shell
    of the table: dark as it is, pale as equation 19 of the paper has it.
    """
    if missing := [name for name in COLUMNS if name not in counterexample.columns]:
        raise ArtifactError(f"counterexample table: lacks {', '.join(missing)}")
    if counterexample.empty:
        raise ArtifactError("counterexample table: has no rows")
    drawn = style.figure(style.DOUBLE_COLUMN, 2.6)
    data, model, dimensions = drawn.subplots(1, 3, width_ratios=[1, 1, 1.35])
    _plane(data, "Data", of_ball=0)
    _plane(model, "Model, and an attack", of_ball=1)
    _attack(model)
    narrowest = counterexample[counterexample.width == counterexample.width.min()]
    _dimensions(dimensions, narrowest)
    style.small_print(drawn, _what(counterexample, narrowest))
    return drawn


def _plane(axes: Axes, title: str, of_ball: int) -> None:
    shell = Annulus((0, 0), 1 + WIDTH, WIDTH, color=CLASSES[0], alpha=0.55, linewidth=0)
    far = Annulus((0, 0), 3, 1, color=CLASSES[1], alpha=0.55, linewidth=0)
    hatch = "" if of_ball == 0 else "////"
    ball = Circle((0, 0), 1, facecolor=CLASSES[of_ball], alpha=0.55, edgecolor="white", hatch=hatch, linewidth=0)
    for patch in (far, shell, ball):
        axes.add_patch(patch)
    axes.text(0, 0, str(of_ball), ha="center", va="center")
    axes.text(0, 1 + WIDTH / 2, "0", ha="center", va="center")
    axes.text(0, 2.5, "1", ha="center", va="center")
    axes.set(xlim=(-3.1, 3.1), ylim=(-3.1, 3.1), aspect="equal", title=title)
    axes.axis("off")


def _attack(axes: Axes) -> None:
    for angle in np.linspace(0.3, 2 * np.pi + 0.3, 7)[:-1]:
        outside, inside = 1 + 0.75 * WIDTH, 0.82
        place = np.array([math.cos(angle), math.sin(angle)])
        arrow = {
            "arrowstyle": "-|>",
            "color": "black",
            "linewidth": 0.8,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 6,
        }
        axes.annotate("", xy=tuple(inside * place), xytext=tuple(outside * place), arrowprops=arrow)


def _dimensions(axes: Axes, rows: pd.DataFrame) -> None:
    for color, line, (delta, mine) in zip(LOOKS, LINES, rows.groupby("delta"), strict=False):
        mine = mine.sort_values("epsilon_nats")
        axes.plot(
            mine.epsilon_nats, mine.dimension_of_equation_19, color=color, alpha=0.35, linestyle=line, linewidth=2.4
        )
        axes.plot(mine.epsilon_nats, mine.dimension, color=color, linestyle=line, label=f"δ = {delta:g}")
    axes.set(xscale="log", xlabel="Both divergences below ε [nats]", ylabel="Smallest dimension d")
    axes.set_ylim(0, 1.25 * rows.dimension_of_equation_19.max())  # room for the legend above all curves
    axes.legend(ncols=2, loc="upper right")


def _what(whole: pd.DataFrame, rows: pd.DataFrame) -> str:
    flipped, likely = (100 * whole[name].min() for name in ("flipped", "likely"))
    points = f"{whole.samples.iloc[0]:,} points of the shell"
    return (
        f"On the right the shell has the width Δ = {rows.width.iloc[0]:g}; pale: equation 19 of the paper. In the "
        f"hatched ball the data are of class 0, and the model says class 1. In the least favorable of {len(whole)} "
        f"settings, {flipped:.4g} % of {points} move into the ball and the wrong class; in the one of the lowest "
        f"likelihoods, {likely:.4g} % are then at least as likely as the median."
    )
