"""Figure 2 of Mackowiak et al. 2021: what beta trades, in the two losses, and in bits/dim and accuracy."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from sbgc import units
from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables
from sbgc.figures.point_names import Names
from sbgc.kinds import KINDS

COLUMNS = ("evaluation", "metric", "value", "ci_low", "ci_high", "num_images", "draws")
BITS = "bits_per_dim_marginal"
FONT = {"fontsize": style.SMALL, "linespacing": 1.0}
ENDS = ["value", "ci_low", "ci_high"]
TICKS = (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # bits/dim


@style.styled
def draw(metrics: pd.DataFrame, betas: dict[str, dict[str, Any]]) -> Figure:
    """Left: the losses of each beta on test images. Right: bits/dim and accuracy, with the other densities beside them.

    betas: what is known of each IB-INN and of the classifiers beside them: beta, levels, classifier. A classifier is a
    horizontal line, and beta = 0, which learns no class, a vertical one.
    """
    tables.check(metrics, "metrics", COLUMNS)
    test = tables.pick(metrics, "metrics", "evaluation", "test")
    test = test[test.seed == test.seed.min()]
    if missing := [model for model in betas if model not in set(test.model)]:
        raise ArtifactError(f"metrics table: no rows of {', '.join(missing)}")
    drawn = style.figure(style.DOUBLE_COLUMN, 2.9)
    losses, qualities = drawn.subplots(1, 2)
    losses.set(xlabel=r"$L_X$ [nats per dim.]", ylabel=r"$L_Y$ [nats]")
    qualities.set(xlabel="Negative log-likelihood [bits/dim]", ylabel="Accuracy [%]")
    names = [_panel(losses, test, betas, "posterior_nll", losses=True), _panel(qualities, test, betas, "accuracy")]
    _others(names[1], test, betas)
    style.keep_to_percent(qualities)
    qualities.set_xscale("log")
    qualities.xaxis.set_major_locator(FixedLocator(TICKS))
    qualities.xaxis.set_major_formatter("{x:g}")
    qualities.xaxis.set_minor_locator(NullLocator())
    drawn.legend(*qualities.get_legend_handles_labels(), loc="outside upper center", ncols=5)
    style.small_print(drawn, _facts(test))
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # names are placed by pixels, so nothing may move any more
    for one in names:
        one.write()
    return drawn


def _facts(test: pd.DataFrame) -> str:
    counts = f"{tables.number(test.num_images, 'images')}, {tables.number(test.draws, 'draws')} each"
    lines = "Numbers are values of beta; a vertical line is beta = 0, which learns no class"
    return f"{tables.which_data(test)}, {counts}; bars and bands: {tables.interval(test)}s. {lines}."


def _panel(axes: Axes, test: pd.DataFrame, betas: dict[str, Any], metric: str, losses: bool = False) -> Names:
    """The IB-INNs as points along a line, and the lines of what has one of both numbers alone."""
    (first, *_) = tables.series(test[test.model.isin([name for name, one in betas.items() if not one["classifier"]])])
    names, look, points = Names(axes, FONT), first.look, []
    for model, known in betas.items():
        rows, upright = test[test.model == model], not known["classifier"] and known["beta"] == 0
        if upright:
            axes.axvline(_across(rows, known, losses)[0], color=look.color, linewidth=0.8)
        elif known["classifier"]:
            _level(axes, names, rows, metric)
        else:
            points.append((_order(known), _across(rows, known, losses), _value(rows, metric)))
            names.points.append(((points[-1][1][0], points[-1][2][0]), _beta(known)))
    points.sort(key=lambda point: point[0])
    x, y = (np.array([point[which] for point in points]).reshape(-1, 3) for which in (1, 2))
    line = look.plot | {"linestyle": "-", "linewidth": 0.7, "elinewidth": 0.9, "label": KINDS[first.kind].title}
    axes.errorbar(x[:, 0], y[:, 0], tables.errors(*y.T), tables.errors(*x.T), **line)
    names.segments += [((a[0], b[1]), (a[0], b[2])) for a, b in zip(x, y, strict=True)]
    names.segments += pairwise(zip(x[:, 0].tolist(), y[:, 0].tolist(), strict=True))
    axes.margins(x=0.12, y=0.15)
    return names


def _others(names: Names, test: pd.DataFrame, betas: dict[str, Any]) -> None:
    """The densities that are no IB-INN."""
    others = test[~test.model.isin(list(betas))]
    for one in tables.series(others) if len(others) else []:
        if BITS not in set(one.rows.metric):
            continue
        x, y = _value(one.rows, BITS), _value(one.rows, "accuracy")
        look = one.look.plot | {"linestyle": "none", "elinewidth": 0.9, "label": one.label}
        names.axes.errorbar(x[0], y[0], tables.errors(*y), tables.errors(*x), **look)
        names.segments.append(((x[0], y[1]), (x[0], y[2])))
        names.points.append(((x[0], y[0]), ""))


def _level(axes: Axes, names: Names, rows: pd.DataFrame, metric: str) -> None:
    (one,) = tables.series(rows)
    value, low, high = _value(rows, metric)
    axes.axhspan(low, high, color=one.look.color, alpha=0.12, linewidth=0)
    axes.axhline(value, color=one.look.color, linestyle=one.look.line, label=one.label)
    names.levels.append(value)


def _across(rows: pd.DataFrame, known: dict[str, Any], losses: bool) -> np.ndarray:
    bits = _value(rows, BITS)
    return units.bottleneck_nats(bits, known["levels"]) if losses else bits


def _value(rows: pd.DataFrame, metric: str) -> np.ndarray:
    """A metric's value and the ends of its interval; accuracies in percent."""
    found = tables.pick(rows, "metrics", "metric", metric).iloc[0][ENDS].to_numpy(float)
    return 100.0 * found if metric == "accuracy" else found


def _order(known: dict[str, Any]) -> float:
    return math.inf if known["beta"] in ("infinity", None) else float(known["beta"])


def _beta(known: dict[str, Any]) -> str:
    if known["beta"] is None:
        return "?"
    return "∞" if known["beta"] == "infinity" else f"{known['beta']:g}"
