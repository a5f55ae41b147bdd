"""Figure 4: log-likelihood and accuracy under every corruption and severity."""

import itertools
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables
from sbgc.figures.names import in_families, spelled

COLUMNS = (
    "corruption", "severity", "accuracy", "accuracy_ci_low", "accuracy_ci_high", "log_prob_nats",
    "log_prob_ci_low_nats", "log_prob_ci_high_nats", "num_images", "draws", "source",
)  # fmt: skip
PANELS_A_ROW = 5
DARK_ORANGE = "#946500"  # letters in the paper's orange are too pale to read
OTHER_LINES: list[Any] = [(0, (4, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1)), "-", (0, (8, 2, 1, 1, 1, 2))]
BAR: dict[str, Any] = {"markersize": 3, "elinewidth": 0.7, "capsize": 1.5, "linewidth": 1.0}
LIKELIHOOD = BAR | {"color": style.ORANGE, "marker": "s", "linestyle": "--"}
ACCURACY = BAR | {"color": "black", "marker": "o"}


@style.styled
def draw(corruptions: pd.DataFrame) -> Figure:
    """As in the paper: log p(x) (orange, left axis) and accuracy (black, right axis) of the score model by severity.

    "Cl." is clean. The other models' accuracies are thin grey lines. All panels share their scales.
    """
    tables.check(corruptions, "corruptions", COLUMNS)
    shown, others = _models(corruptions)
    kinds = in_families(set(shown.rows.corruption) - {"clean"})
    names = [one.title if one.label == shown.label else one.label for one in others]  # seeds of a model share a look
    looks = dict(zip(dict.fromkeys(names), itertools.cycle(OTHER_LINES), strict=False))
    rows = -(-len(kinds) // PANELS_A_ROW)
    drawn = style.figure(style.DOUBLE_COLUMN, 1.15 * rows + 0.75)
    grid = list(drawn.subplots(rows, PANELS_A_ROW, squeeze=False, sharey=True).flat)
    panels, rights = grid[: len(kinds)], [axes.twinx() for axes in grid[: len(kinds)]]
    for axes, right, kind in zip(panels, rights, kinds, strict=True):
        lines = [_likelihood(axes, shown, kind), _accuracy(right, shown, kind)]
        lines += [_other(right, one, kind, name, looks[name]) for one, name in zip(others, names, strict=True)]
        axes.set_title(spelled(kind))
    for axes in grid[len(kinds) :]:
        axes.set_axis_off()
    _scales(panels, rights)
    by_name = {line.get_label(): line for line in reversed(lines)}
    drawn.legend(handles=list(by_name.values())[::-1], loc="outside upper center", ncols=2, columnspacing=2.0)
    style.small_print(drawn, _facts(corruptions, shown))
    return drawn


def _models(corruptions: pd.DataFrame) -> tuple[tables.Series, list[tables.Series]]:
    """The model whose likelihood is shown, the first score model where there is one, and the others."""
    models = tables.series(corruptions)
    densities = [one for one in models if one.rows.log_prob_nats.notna().any()]
    if not densities:
        raise ArtifactError("corruptions table: no model with a likelihood")
    return densities[0], [one for one in models if one is not densities[0]]


def _along(one: tables.Series, kind: str) -> pd.DataFrame:
    """The clean images and the severities of one corruption."""
    return one.rows[one.rows.corruption.isin(["clean", kind])].sort_values("severity")


def _likelihood(axes: Axes, shown: tables.Series, kind: str) -> Any:
    rows = _along(shown, kind)
    spread = tables.errors(rows.log_prob_nats, rows.log_prob_ci_low_nats, rows.log_prob_ci_high_nats)
    name = f"{shown.title}: log-likelihood (left axes)"
    return axes.errorbar(rows.severity, rows.log_prob_nats, yerr=spread, label=name, **LIKELIHOOD)


def _accuracy(right: Axes, shown: tables.Series, kind: str) -> Any:
    rows = _along(shown, kind)
    spread = 100 * tables.errors(rows.accuracy, rows.accuracy_ci_low, rows.accuracy_ci_high)
    name = f"{shown.title}: accuracy (right axes)"
    return right.errorbar(rows.severity, 100 * rows.accuracy, yerr=spread, label=name, **ACCURACY)


def _other(right: Axes, one: tables.Series, kind: str, name: str, line: Any) -> Any:
    rows = _along(one, kind)
    look = {"color": "0.45", "linestyle": line, "linewidth": 0.8, "zorder": 1}
    return right.plot(rows.severity, 100 * rows.accuracy, label=f"{name}: accuracy (right axes)", **look)[0]


def _scales(panels: list[Axes], rights: list[Axes]) -> None:
    """The same scales everywhere, numbered below the lowest panels, left of each row's first and right of its last."""
    rows, columns = -(-len(panels) // PANELS_A_ROW), min(len(panels), PANELS_A_ROW)
    for place, (axes, right) in enumerate(zip(panels, rights, strict=True)):
        row, column = divmod(place, PANELS_A_ROW)
        lowest, last = place + PANELS_A_ROW >= len(panels), column == columns - 1 or axes is panels[-1]
        axes.set_xticks(range(6), ["Cl.", *"12345"])
        axes.tick_params(labelbottom=lowest)
        axes.tick_params(axis="y", color=style.ORANGE, labelcolor=DARK_ORANGE)
        axes.spines.left.set_color(style.ORANGE)
        axes.set_xlabel("Severity" if row == rows - 1 else "")
        axes.set_ylabel("" if column else "log p(x) [nats]", color=DARK_ORANGE)
        right.set(ylim=(0, 105), yticks=[0, 50, 100], ylabel="Accuracy [%]" if column == columns - 1 else "")
        right.tick_params(labelright=last)
        right.spines.left.set_visible(False)
        right.spines.right.set_visible(True)
        # Numbers written over an empty place need no room of their own.
        axes.set_in_layout(row == rows - 1 or not lowest)
        right.set_in_layout(column == columns - 1 or not last)


def _facts(corruptions: pd.DataFrame, shown: tables.Series) -> str:
    rows = corruptions[corruptions.corruption != "clean"]
    counts = f"{tables.number(rows.num_images, 'images')}, {tables.number(rows.draws, 'draws')} each"
    bars = f"bars: {tables.interval(rows)}s over images ({shown.title})"
    source = " and ".join(sorted(rows.source.unique()))
    return f"{tables.which_data(corruptions)}; images: {source}; per point {counts}; {bars}."
