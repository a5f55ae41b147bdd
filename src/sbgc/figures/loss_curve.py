"""The training loss of every model that is fitted by gradient descent."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from sbgc.figures import style, tables
from sbgc.kinds import KINDS

COLUMNS = ("step", "loss")
WINDOWS = 50  # a curve is smoothed over its number of steps divided by this
FEW_DECADES = 2  # an axis of fewer decades has numbers at 2 and 5, too


@style.styled
def draw(loss: pd.DataFrame) -> Figure:
    """A panel for each model: the loss of each batch (pale) and its running mean (dark).

    Every panel has an axis of its own, since the kinds of models minimize different losses in different units.
    """
    tables.check(loss, "loss", COLUMNS)
    models = tables.series(loss)
    columns = min(len(models), 2)
    rows = -(-len(models) // columns)
    drawn = style.figure(style.SINGLE_COLUMN if columns == 1 else style.DOUBLE_COLUMN, 2.0 * rows + 0.3)
    panels = drawn.subplots(rows, columns, squeeze=False).ravel()
    for axes, one in zip(panels, models, strict=False):
        _panel(axes, one)
    for axes in panels[len(models) :]:
        axes.remove()
    windows = tables.number([_window(one.rows) for one in models], "steps")
    what = f"Pale: each batch; dark: centered mean over {windows}"
    style.small_print(drawn, f"{tables.which_data(loss, 'train')}. {what}.")
    return drawn


def _panel(axes: Axes, one: tables.Series) -> None:
    rows = one.rows.sort_values("step")
    smooth = rows.loss.rolling(_window(rows), center=True, min_periods=1).mean()
    # As pixels and not as a path: a million batches must not make a .pdf of a million lines.
    axes.plot(rows.step, rows.loss, color=one.look.color, alpha=0.3, linewidth=0.5, rasterized=True)
    axes.plot(rows.step, smooth, color=one.look.color, linewidth=1.4)
    axes.set(title=one.title, xlabel="Training step", ylabel=_unit(one.kind))
    axes.set_xlim(0, rows.step.max())
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if rows.loss.min() > 0:
        _log_scale(axes, rows.loss)


def _unit(kind: str) -> str:
    return (KINDS[kind].loss_unit if kind in KINDS else "") or "Training loss"


def _log_scale(axes: Axes, loss: pd.Series) -> None:
    """A logarithmic axis with numbers written in full, since exponents would be too small to read."""
    few = math.log10(loss.max() / loss.min()) < FEW_DECADES
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _window(rows: pd.DataFrame) -> int:
    return max(1, len(rows) // WINDOWS)
