"""The calibrated grids of the fast likelihood: where nodes lie along the path, and what error they leave."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from sbgc.figures import style, tables
from sbgc.figures.style import Look

COLUMNS = ("log_noise_ratio", "divergence_nats", "num_images", "is_node")
ERRORS = ("nodes", "bias_bits_per_dim", "bias_standard_error", "rms_bits_per_dim", "rms_standard_error")
FACTS = ("wanted_bits_per_dim", "num_images", "taken", "stated", "fine")
BIAS = Look(style.ORANGE, "s", (0, (1, 1)))  # whatever the model


@style.styled
def draw(grid_integrand: pd.DataFrame, grid_errors: pd.DataFrame) -> Figure:
    """For each model and seed the mean divergence with the nodes on it, and the grid's error by the number of nodes.

    The error is that of log p against a fine grid, with fixed probes, on validation images that placed no node.
    """
    tables.check(grid_integrand, "grid_integrand", COLUMNS)
    tables.check(grid_errors, "grid_errors", (*ERRORS, *FACTS))
    models = tables.series(grid_integrand)
    drawn = style.figure(style.DOUBLE_COLUMN, 2.1 * len(models) + 0.4)
    for (left, right), one in zip(drawn.subplots(len(models), 2, squeeze=False), models, strict=True):
        mine = grid_errors[(grid_errors[["model", "seed"]] == one.rows[["model", "seed"]].iloc[0]).all(axis=1)]
        _path(left, one, int(mine.taken.iloc[0]))
        _errors_that_are_left(right, one.look, mine.sort_values("nodes"))
    placed, held = (tables.number(table.num_images, "images") for table in (grid_integrand, grid_errors))
    fine = tables.number(grid_errors.fine, "nodes")
    what = f"Left: mean over {placed}. Right: the {held} that placed no node, against {fine}"
    bars = "bars: one standard error; the ring is the error that the tables state"
    style.small_print(drawn, f"{tables.which_data(grid_integrand, 'validation')}. {what}; {bars}.")
    return drawn


def _path(axes: Axes, one: tables.Series, taken: int) -> None:
    curve, nodes = (one.rows[one.rows.is_node == marked].sort_values("log_noise_ratio") for marked in (False, True))
    axes.axhline(0.0, color=style.GREY, linewidth=0.6)
    axes.plot(curve.log_noise_ratio, curve.divergence_nats, color=one.look.color)
    look = one.look.plot | {"linestyle": "none", "markersize": 3.5, "markeredgewidth": 0.4}
    axes.plot(nodes.log_noise_ratio, nodes.divergence_nats, **look)
    axes.set(title=f"{one.title}: {taken} nodes", xlabel="Noise level log(σ/α)", ylabel="Divergence [nats per unit]")


def _errors_that_are_left(axes: Axes, look: Look, rows: pd.DataFrame) -> None:
    series = (
        ("root mean square", look, rows.rms_bits_per_dim, rows.rms_standard_error),
        ("|bias|", BIAS, rows.bias_bits_per_dim.abs(), rows.bias_standard_error),
    )
    for label, drawn_as, values, error in series:
        low = (0.5 * values).where(error > 0.5 * values, error)  # on a logarithmic axis no bar reaches zero
        axes.errorbar(rows.nodes, values, [low.fillna(0.0), error.fillna(0.0)], label=label, **drawn_as.plot)
    stated = rows[rows.stated.astype(bool)]
    ring: dict[str, Any] = {
        "markerfacecolor": "none",
        "markeredgecolor": "black",
        "markersize": 9.0,
        "linestyle": "none",
    }
    axes.plot(stated.nodes, stated.rms_bits_per_dim, marker="o", **ring)
    wanted = rows.wanted_bits_per_dim.iloc[0]
    axes.axhline(wanted, color=style.GREY, linewidth=0.8, linestyle=(0, (4, 1.5)), label="wanted")
    axes.set(xscale="log", yscale="log", xlabel="Nodes of the grid", ylabel="Error of log p [bits/dim]")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="upper right")
