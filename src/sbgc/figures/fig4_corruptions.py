"""Figure 4: log-likelihood and accuracy under every corruption and severity."""

import itertools
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.corruption_names import in_families, spelled

COLUMNS = (
    "corruption", "severity", "accuracy", "accuracy_ci_low", "accuracy_ci_high", "log_prob_nats",
    "log_prob_ci_low_nats", "log_prob_ci_high_nats", "num_images", "draws", "source",
)  # fmt: skip
PANELS_A_ROW = 5
DARK_ORANGE = "#946500"  # letters in the paper's orange would be too pale to read
OTHER_LINES: list[Any] = [(0, (4, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1, 1)), "-", (0, (8, 2, 1, 1, 1, 2))]
BAR: dict[str, Any] = {"markersize": 3, "elinewidth": 0.7, "capsize": 1.5, "linewidth": 1.0}
LIKELIHOOD = BAR | {"color": style.ORANGE, "marker": "s", "linestyle": "--"}
ACCURACY = BAR | {"color": "black", "marker": "o"}
OTHER_COLORS = ("0.45", style.BLUE)  # the second where all lines are taken
OTHER: dict[str, Any] = {"linewidth": 0.8, "zorder": 1}


@style.styled
def draw(corruptions: pd.DataFrame) -> Figure:
    """A panel for each corruption, from clean images ("Cl.") to severity 5. All panels share their scales.

    As in the paper, log p(x) of one model is orange (left axes) and its accuracy black (right axes). That model is the
    first with a likelihood. The accuracies of all other models are thin grey lines, and blue ones where there are many.
    Where no model has a likelihood, the first model's accuracy is black and there are no orange curves. A model that
    learns no classes is not shown.
    """
    tables.check(corruptions, "corruptions", COLUMNS)
    shown, others, dense = _models(corruptions)
    kinds = in_families(set(corruptions.corruption) - {"clean"})
    rows = -(-len(kinds) // PANELS_A_ROW)
    further = max(0, len(others) - 3) // 2  # lines of the legend for which the height has no room yet
    drawn = style.figure(style.DOUBLE_COLUMN, 1.15 * rows + 0.75 + 0.15 * further)
    grid = list(drawn.subplots(rows, PANELS_A_ROW, squeeze=False, sharey=True).flat)
    panels = grid[: len(kinds)]
    rights = [axes.twinx() for axes in panels] if dense else panels
    for axes, right, kind in zip(panels, rights, kinds, strict=True):
        curves = [_likelihood(axes, shown, kind)] if dense else []
        curves += _accuracies(right, shown, others, kind, " (right axes)" if dense else "")
        axes.set_title(spelled(kind))
    for axes in grid[len(kinds) :]:
        axes.set_axis_off()
    _severities(panels)
    if dense:
        _likelihood_axes(panels)
    _accuracy_axes(rights, at_the_right=dense)
    by_name = {curve.get_label(): curve for curve in reversed(curves)}  # seeds of a model share a look and a name
    drawn.legend(handles=list(by_name.values())[::-1], loc="outside upper center", ncols=2, columnspacing=2.0)
    style.small_print(drawn, _facts(corruptions, shown))
    return drawn


def _models(corruptions: pd.DataFrame) -> tuple[tables.Series, list[tables.Series], bool]:
    """The model that is shown in full, all others, and whether that model has a likelihood."""
    models = [one for one in tables.series(corruptions) if one.rows.accuracy.notna().any()]
    densities = [one for one in models if one.rows.log_prob_nats.notna().any()]
    shown = (densities or models)[0]
    return shown, [one for one in models if one is not shown], bool(densities)


def _along(one: tables.Series, kind: str) -> pd.DataFrame:
    """The rows of the clean images and of one corruption's severities."""
    return one.rows[one.rows.corruption.isin(["clean", kind])].sort_values("severity")


def _likelihood(axes: Axes, shown: tables.Series, kind: str) -> Any:
    rows = _along(shown, kind)
    spread = tables.errors(rows.log_prob_nats, rows.log_prob_ci_low_nats, rows.log_prob_ci_high_nats)
    name = f"{shown.title}: log-likelihood (left axes)"
    return axes.errorbar(rows.severity, rows.log_prob_nats, yerr=spread, label=name, **LIKELIHOOD)


def _accuracies(axes: Axes, shown: tables.Series, others: list[tables.Series], kind: str, where: str) -> list[Any]:
    """The curve of the model that is shown in full, then those of the others."""
    rows = _along(shown, kind)
    spread = 100 * tables.errors(rows.accuracy, rows.accuracy_ci_low, rows.accuracy_ci_high)
    name = f"{shown.title}: accuracy{where}"
    curves: list[Any] = [axes.errorbar(rows.severity, 100 * rows.accuracy, yerr=spread, label=name, **ACCURACY)]
    names = [one.title if one.label == shown.label else one.label for one in others]
    looks = itertools.cycle(itertools.product(OTHER_COLORS, OTHER_LINES))
    lines = dict(zip(dict.fromkeys(names), looks, strict=False))
    for one, name in zip(others, names, strict=True):
        rows = _along(one, kind)
        color, line = lines[name]
        look = OTHER | {"color": color, "linestyle": line, "label": f"{name}: accuracy{where}"}
        curves += axes.plot(rows.severity, 100 * rows.accuracy, **look)
    return curves


def _severities(panels: list[Axes]) -> None:
    """Number the severities below the lowest panel of each column."""
    last_row = (len(panels) - 1) // PANELS_A_ROW
    for place, axes in enumerate(panels):
        lowest, row = place + PANELS_A_ROW >= len(panels), place // PANELS_A_ROW
        axes.set_xticks(range(6), ["Cl.", *"12345"])
        axes.tick_params(labelbottom=lowest)
        axes.set_xlabel("Severity" if row == last_row else "")


def _likelihood_axes(panels: list[Axes]) -> None:
    """Color the left axes as their curves, and label them at the first panel of each row."""
    last_row = (len(panels) - 1) // PANELS_A_ROW
    for place, axes in enumerate(panels):
        # Numbers over an empty place need no room of their own; the axes at the right hold the panel in its place.
        axes.set_in_layout(place // PANELS_A_ROW == last_row or place + PANELS_A_ROW < len(panels))
        axes.tick_params(axis="y", color=style.ORANGE, labelcolor=DARK_ORANGE)
        axes.spines.left.set_color(style.ORANGE)
        axes.set_ylabel("" if place % PANELS_A_ROW else "log p(x) [nats]", color=DARK_ORANGE)


def _accuracy_axes(panels: list[Axes], at_the_right: bool) -> None:
    """Scale the axes of the accuracies, and label them at the end of each row that they stand at."""
    columns = min(len(panels), PANELS_A_ROW)
    for place, axes in enumerate(panels):
        full = place % PANELS_A_ROW == (columns - 1 if at_the_right else 0)
        axes.set(ylim=(0, 105), yticks=[0, 50, 100], ylabel="Accuracy [%]" if full else "")
        if at_the_right:
            last = full or axes is panels[-1]
            axes.tick_params(labelright=last)
            axes.spines.left.set_visible(False)
            axes.spines.right.set_visible(True)
            axes.set_in_layout(full or not last)


def _facts(corruptions: pd.DataFrame, shown: tables.Series) -> str:
    rows = corruptions[corruptions.corruption != "clean"]
    counts = f"{tables.number(rows.num_images, 'images')}, {tables.number(rows.draws, 'draws')} each"
    bars = f"Bars: {tables.interval(rows)}s over images ({shown.title})"
    source = " and ".join(sorted(rows.source.unique()))
    return f"{tables.which_data(corruptions)}. Images: {source}; per point {counts}. {bars}."
