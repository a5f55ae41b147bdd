"""Figure 1: accuracy against bits/dim, ours beside the numbers that the paper printed."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables
from sbgc.figures.labels import Names

COLUMNS = ("evaluation", "metric", "value", "ci_low", "ci_high", "num_images", "draws")
QUOTED = ("model", "source", "accuracy", "bits_per_dim", "note")
MARKS = "*†‡§¶"  # of the quoted rows that have a note
FONT = {"fontsize": style.SMALL, "linespacing": 1.0}
DARK_GREY = "#4A4A4A"
EDGE = 0.04  # of the axes' width: the marks of quoted models without bits/dim


@style.styled
def draw(metrics: pd.DataFrame, quoted: list[dict[str, Any]]) -> Figure:
    """Left: our models on our test split, with confidence intervals. Right, greyed: what the paper prints for CIFAR-10.

    bits/dim are those of the marginal p(x), what an image without a label costs. A model without a density is a
    horizontal line, as in the paper; of the quoted ones only the best is a whole line, the others mark the right edge.
    """
    tables.check(metrics, "metrics", COLUMNS)
    test = tables.pick(metrics, "metrics", "evaluation", "test")
    printed = _read(quoted)
    drawn = style.figure(style.DOUBLE_COLUMN, 2.75)
    ours, theirs = drawn.subplots(1, 2, width_ratios=[1, 1.5])
    for axes in (ours, theirs):
        axes.set(xlabel="Negative log-likelihood [bits/dim]", ylabel="Accuracy [%]")
    names = [_ours(ours, test), _theirs(theirs, printed)]
    style.small_print(drawn, _facts(test, printed))
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # the points' names are placed in pixels: nothing may move any more
    for one in names:
        one.write()
    return drawn


def _read(quoted: list[dict[str, Any]]) -> pd.DataFrame:
    """The quoted rows as a table, each name with a mark of its own where the row has a note."""
    table = pd.DataFrame(quoted, columns=QUOTED)
    if table.empty:
        raise ArtifactError("quoted table: has no rows")
    noted = table.note.fillna("") != ""
    marks = (MARKS[place % len(MARKS)] if has else "" for place, has in zip(noted.cumsum() - 1, noted, strict=True))
    return table.assign(mark=list(marks)).sort_values("accuracy", ascending=False)


def _facts(test: pd.DataFrame, printed: pd.DataFrame) -> str:
    counts = f"{tables.number(test.num_images, 'images')}, {tables.number(test.draws, 'draws')} each"
    noted = printed[printed.mark != ""].sort_index()
    notes = "".join(f"; {row.mark} {row.note}" for row in noted.itertuples())
    left = f"Left: {tables.which_data(test)}, {counts}; bars, band: {tables.interval(test)}s."
    return f"{left} Right: lines, marks at the edge: one number only{notes}."


def _ours(axes: Axes, test: pd.DataFrame) -> Names:
    names, named = Names(axes, FONT), set()
    for one in tables.series(test):
        name = "" if one.label in named else one.label  # seeds of a model share a look and a name
        named.add(one.label)
        accuracy = _value(one.rows, "accuracy")
        if "bits_per_dim_marginal" in set(one.rows.metric):
            _point(names, name, one.look, accuracy, _value(one.rows, "bits_per_dim_marginal"))
        else:
            axes.axhspan(accuracy.ci_low, accuracy.ci_high, color=one.look.color, alpha=0.12, linewidth=0)
            axes.axhline(accuracy.value, color=one.look.color, linestyle=one.look.line)
            names.across(accuracy.value, name)
    axes.set_title(f"Ours: {', '.join(sorted(test.dataset.unique()))}")
    axes.margins(x=0.35)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    style.end_at_100(axes)
    return names


def _point(names: Names, name: str, base: style.Look, accuracy: pd.Series, bits: pd.Series) -> None:
    look = base.plot | {"linestyle": "none", "markersize": 6, "elinewidth": 0.9}
    names.axes.errorbar(bits.value, accuracy.value, xerr=_bar(bits), yerr=_bar(accuracy), **look)
    names.point(bits.value, accuracy.value, name)
    names.keep_clear((bits.value, accuracy.ci_low), (bits.value, accuracy.ci_high))
    names.keep_clear((bits.ci_low, accuracy.value), (bits.ci_high, accuracy.value))


def _value(rows: pd.DataFrame, metric: str) -> pd.Series:
    """A metric's value and interval; accuracies in percent."""
    found = tables.pick(rows, "metrics", "metric", metric).iloc[0][["value", "ci_low", "ci_high"]].astype(float)
    return 100 * found if metric == "accuracy" else found


def _bar(found: pd.Series) -> np.ndarray:
    return tables.errors(found.value, found.ci_low, found.ci_high)


def _theirs(axes: Axes, printed: pd.DataFrame) -> Names:
    names = Names(axes, FONT | {"color": DARK_GREY})
    for row in printed.dropna(subset=["accuracy", "bits_per_dim"]).itertuples():
        axes.plot(row.bits_per_dim, row.accuracy, marker="o", color=style.GREY, markersize=5)
        names.point(row.bits_per_dim, row.accuracy, row.model.replace(" (", "\n(") + row.mark)
    without_density = printed[printed.bits_per_dim.isna()]
    for row in without_density[:1].itertuples():
        axes.axhline(row.accuracy, color="black", linewidth=0.8)
        names.across(row.accuracy, row.model + row.mark)
    for row in without_density[1:].itertuples():
        axes.axhline(row.accuracy, xmin=1 - EDGE, color=style.GREY)
        names.edge(row.accuracy, row.model + row.mark, EDGE)
    for row in printed[printed.accuracy.isna()].nsmallest(1, "bits_per_dim").itertuples():
        axes.axvline(row.bits_per_dim, color="black", linewidth=0.8)
        names.upright(row.bits_per_dim, row.model + row.mark)
    axes.set_title(f"Quoted from {', '.join(sorted(printed.source.unique()))}: CIFAR-10", color=style.GREY)
    axes.set_facecolor("#F1F1F1")
    axes.margins(x=0.1, y=0.1)
    return names
