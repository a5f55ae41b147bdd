"""Figure 1: accuracy against bits/dim, our models beside the numbers that the paper printed."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables
from sbgc.figures.point_names import Names

COLUMNS = ("evaluation", "metric", "value", "ci_low", "ci_high", "num_images", "draws")
QUOTED = ("model", "source", "accuracy", "bits_per_dim", "note")
BITS = "bits_per_dim_marginal"
MARKS = "*†‡§¶"  # of the quoted rows that have a note
FONT = {"fontsize": style.SMALL, "linespacing": 1.0}
DARK_GREY = "#4A4A4A"
MOST_NAMES = 5  # beside points; of more of them a legend holds the names
LEGEND_COLUMNS, LEGEND = 5, 0.18  # and the inches that a line of it takes
EDGE = 0.04  # of the axes' width: the marks of quoted models without bits/dim


@style.styled
def draw(metrics: pd.DataFrame, table1: list[dict[str, Any]]) -> Figure:
    """Left: our models on our test split, with confidence intervals. Right, in grey: the paper's numbers for CIFAR-10.

    bits/dim are those of the marginal p(x), which an image without a label has. A model without a density is a
    horizontal line, as in the paper. Of many models a legend holds the names. Of the quoted models without a density
    only the best is a whole line; the others are short marks at the right edge.
    """
    tables.check(metrics, "metrics", COLUMNS)
    test = tables.pick(metrics, "metrics", "evaluation", "test")
    printed = _read(table1)
    listed = test[test.metric == BITS].model.nunique() > MOST_NAMES
    lines = -(-test.model.nunique() // LEGEND_COLUMNS) if listed else 0
    drawn = style.figure(style.DOUBLE_COLUMN, 2.75 + LEGEND * lines)
    ours, theirs = drawn.subplots(1, 2, width_ratios=[1, 1.5])
    for axes in (ours, theirs):
        axes.set(xlabel="Negative log-likelihood [bits/dim]", ylabel="Accuracy [%]")
    names = [_ours(ours, test, listed), _theirs(theirs, printed)]
    style.small_print(drawn, _facts(test, printed))
    drawn.draw_without_rendering()
    drawn.set_layout_engine("none")  # names are placed by pixels, so nothing may move any more
    for one in names:
        one.write()
    return drawn


def _read(quoted: list[dict[str, Any]]) -> pd.DataFrame:
    """The quoted rows as a table. Each row that has a note gets a mark of its own."""
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
    left = f"Left: {tables.which_data(test)}, {counts}; bars and band: {tables.interval(test)}s."
    return f"{left} Right: lines and edge marks have one number only{notes}."


def _ours(axes: Axes, test: pd.DataFrame, listed: bool) -> Names:
    """Our points and lines, whose names a legend has if `listed`, and otherwise stand beside them."""
    names, named = Names(axes, FONT), set()
    for one in tables.series(test):
        name = "" if one.label in named else one.label  # all seeds of a model share a look and a name
        named.add(one.label)
        if {"accuracy", BITS} <= set(one.rows.metric):
            _point(names, name, one.look, _value(one.rows, "accuracy"), _value(one.rows, BITS), listed)
        else:
            _line(names, name, one)
    axes.set_title(f"Ours: {', '.join(sorted(test.dataset.unique()))}")
    if names.points:
        axes.margins(x=0.35)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    else:
        axes.set(xticks=[], xlabel="No model here has a likelihood")
    style.keep_to_percent(axes)
    if listed:
        handles, labels = axes.get_legend_handles_labels()
        axes.figure.legend(handles, labels, loc="outside upper left", ncols=LEGEND_COLUMNS)
    elif axes.get_legend_handles_labels()[0]:
        axes.legend(loc="best")  # lines may lie so close together that no name would fit between them
    return names


def _line(names: Names, name: str, one: tables.Series) -> None:
    """A model that has one number only: a classifier without a density, or a density that learns no classes."""
    line, band = {"color": one.look.color, "linestyle": one.look.line}, {"alpha": 0.12, "linewidth": 0}
    if "accuracy" in set(one.rows.metric):
        found = _value(one.rows, "accuracy")
        names.axes.axhspan(found.ci_low, found.ci_high, color=one.look.color, **band)
        names.axes.axhline(found.value, **line, label=f"{name}: {found.value:.2f} %")
        names.levels.append(found.value)
    else:
        found = _value(one.rows, BITS)
        names.axes.axvspan(found.ci_low, found.ci_high, color=one.look.color, **band)
        names.axes.axvline(found.value, **line, label=f"{name}: {found.value:.2f} bits/dim")


def _point(names: Names, name: str, base: style.Look, accuracy: pd.Series, bits: pd.Series, listed: bool) -> None:
    look = base.plot | {"linestyle": "none", "markersize": 6, "elinewidth": 0.9}
    look |= {"label": name} if listed and name else {}
    names.axes.errorbar(bits.value, accuracy.value, xerr=_bar(bits), yerr=_bar(accuracy), **look)
    names.points.append(((bits.value, accuracy.value), "" if listed else name))
    names.segments.append(((bits.value, accuracy.ci_low), (bits.value, accuracy.ci_high)))
    names.segments.append(((bits.ci_low, accuracy.value), (bits.ci_high, accuracy.value)))


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
        names.points.append(((row.bits_per_dim, row.accuracy), row.model.replace(" (", "\n(") + row.mark))
    without_density = printed[printed.bits_per_dim.isna()]
    for row in without_density[:1].itertuples():
        axes.axhline(row.accuracy, color="black", linewidth=0.8)
        names.levels.append(row.accuracy)
        place: dict[str, Any] = {"xycoords": axes.get_yaxis_transform(), "ha": "right", "va": "bottom"}
        _write(names, row.model + row.mark, (1, row.accuracy), (-3, 2), place)
    for row in without_density[1:].itertuples():
        axes.axhline(row.accuracy, xmin=1 - EDGE, color=style.GREY)
        place = {"xycoords": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
        _write(names, row.model + row.mark, (1 - EDGE, row.accuracy), (-3, 0), place)
    for row in printed[printed.accuracy.isna()].nsmallest(1, "bits_per_dim").itertuples():
        axes.axvline(row.bits_per_dim, color="black", linewidth=0.8)
        place = {"xycoords": axes.get_xaxis_transform(), "rotation": 90, "ha": "left", "va": "bottom"}
        _write(names, row.model + row.mark, (row.bits_per_dim, 0), (2, 4), place)
    axes.set_title(f"Quoted from {', '.join(sorted(printed.source.unique()))}: CIFAR-10", color=style.GREY)
    axes.set_facecolor("#F1F1F1")
    axes.margins(x=0.1, y=0.1)
    return names


def _write(names: Names, text: str, place: tuple[float, float], offset: tuple[float, float], look: Any) -> None:
    """Write where only one place makes sense; the offset is in points of print."""
    names.axes.annotate(text, place, offset, textcoords="offset points", **look, **names.font)
