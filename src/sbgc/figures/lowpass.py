"""Corruptions that take high frequencies away raise the likelihood while accuracy falls (SBGC A.2.2)."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables
from sbgc.figures.corruption_names import in_families, spelled

COLUMNS = (
    "corruption", "severity", "accuracy", "accuracy_ci_low", "accuracy_ci_high", "log_prob_change_nats",
    "log_prob_change_ci_low_nats", "log_prob_change_ci_high_nats", "num_images", "draws", "source",
)  # fmt: skip
SPECTRUM = ("corruption", "severity", "frequency_cycles_per_pixel", "ratio", "ratio_ci_low", "ratio_ci_high")
HIGH = 0.25  # cycles a pixel: half of the highest frequency
DENSITIES = 2  # models with a panel
SHOWN = 6  # low-pass filters in color
LOOKS = [
    (style.BLUE, "o", "-"),
    (style.ORANGE, "s", (0, (4, 1.5))),
    (style.GREEN, "^", (0, (1, 1))),
    (style.VERMILION, "D", "-."),
    (style.PURPLE, "v", (0, (5, 1.5, 1, 1.5))),
    ("black", "P", (0, (2, 1))),
]


@style.styled
def draw(corruptions: pd.DataFrame, spectra: pd.DataFrame) -> Figure:
    """A panel for each of the first two densities, and one for the images' power spectra.

    A density's panel shows accuracy against the change of log p(x) [nats] from the clean images, severity by severity.
    The last panel shows mean power by frequency [cycles/pixel] at the highest severity, divided by that of the clean
    images. The strongest low-pass filters, or what comes closest to one, are in color. Raises ArtifactError where no
    model has a likelihood and an accuracy.
    """
    tables.check(corruptions, "corruptions", COLUMNS)
    if missing := [column for column in SPECTRUM if column not in spectra.columns]:
        raise ArtifactError(f"spectra table: lacks {', '.join(missing)}")
    both = ["log_prob_change_nats", "accuracy"]
    densities = [one for one in tables.series(corruptions) if one.rows[both].notna().any().all()]
    if not densities:
        raise ArtifactError("corruptions table: no model with a likelihood and an accuracy")
    shown, filters = densities[:DENSITIES], low_pass(spectra)[:SHOWN]
    drawn = style.figure(style.DOUBLE_COLUMN, 3.1)
    *left, right = drawn.subplots(1, len(shown) + 1)
    for axes, one in zip(left, shown, strict=True):
        _answers(axes, one, filters)
    left[0].set_ylabel("Accuracy [%]")
    _powers(right, spectra, filters)
    handles, names = right.get_legend_handles_labels()
    drawn.legend(handles, names, loc="outside upper center", ncols=3)
    style.small_print(drawn, _facts(corruptions))
    return drawn


def low_pass(spectra: pd.DataFrame) -> list[str]:
    """The corruptions that act as low-pass filters at their highest severity, the strongest first.

    A filter takes power from high frequencies, and takes more from them than from all frequencies on average. The
    difference is its strength. Lower contrast takes the same from all of them and so is no filter. Where there is no
    filter at all, all corruptions are returned in the same order.
    """
    strongest = spectra[spectra.severity == spectra.severity.max()]
    bands = [strongest[strongest.frequency_cycles_per_pixel > HIGH], strongest]
    high, all_bands = (np.log(band.ratio).groupby(band.corruption).mean() for band in bands)
    lost = high - all_bands
    filters = lost[(high < 0) & (lost < 0)]
    return list((lost if filters.empty else filters).sort_values().index)


def _answers(axes: Axes, shown: tables.Series, filters: list[str]) -> None:
    rows = shown.rows[shown.rows.corruption != "clean"]
    clean = shown.rows[shown.rows.corruption == "clean"].iloc[0]
    for kind in in_families(set(rows.corruption) - set(filters)):
        mine = rows[rows.corruption == kind].sort_values("severity")
        axes.plot(mine.log_prob_change_nats, 100 * mine.accuracy, color="0.8", linewidth=0.7, zorder=1)
    for kind, (color, marker, line) in zip(filters, LOOKS, strict=False):
        mine = rows[rows.corruption == kind].sort_values("severity")
        ends = tables.errors(
            mine.log_prob_change_nats, mine.log_prob_change_ci_low_nats, mine.log_prob_change_ci_high_nats
        )
        spread = 100 * tables.errors(mine.accuracy, mine.accuracy_ci_low, mine.accuracy_ci_high)
        look: dict[str, Any] = {"color": color, "linestyle": line, "linewidth": 1.0, "elinewidth": 0.4, "capsize": 0}
        axes.errorbar(mine.log_prob_change_nats, 100 * mine.accuracy, spread, ends, **look)
        sizes = 4 + 5 * mine.severity
        axes.scatter(
            mine.log_prob_change_nats, 100 * mine.accuracy, sizes, color, marker=marker, edgecolors="white", zorder=3
        )
    axes.plot(0, 100 * clean.accuracy, marker="*", color="black", markersize=8, linestyle="none", zorder=4)
    axes.set(xlim=_limits(rows[rows.corruption.isin(filters)]), ylim=(0, 105))
    axes.axvspan(0, axes.get_xlim()[1], color="0.95", zorder=0)
    axes.set(xlabel="Change of log p(x) [nats]", title=shown.title)


def _limits(filtered: pd.DataFrame) -> tuple[float, float]:
    """Limits that hold the clean images and all changes in color; those of noises lie far to the left of them."""
    low = min(0.0, float(filtered.log_prob_change_ci_low_nats.min()))
    high = max(0.0, float(filtered.log_prob_change_ci_high_nats.max()))
    room = 0.08 * max(high - low, 1.0)
    return low - room, high + room


def _powers(axes: Axes, spectra: pd.DataFrame, filters: list[str]) -> None:
    worst = spectra[spectra.severity == spectra.severity.max()]
    axes.axhline(1.0, color="0.6", linewidth=0.8)
    for kind, (color, marker, line) in zip(filters, LOOKS, strict=False):
        rows = worst[worst.corruption == kind].sort_values("frequency_cycles_per_pixel")
        at = rows.frequency_cycles_per_pixel
        axes.fill_between(at, rows.ratio_ci_low, rows.ratio_ci_high, color=color, alpha=0.25, linewidth=0)
        axes.plot(at, rows.ratio, color=color, linestyle=line, marker=marker, markersize=3, label=spelled(kind))
    axes.set(yscale="log", xlim=(0, 0.5), xlabel="Spatial frequency [cycles/pixel]", ylabel="Power / clean power")
    axes.set_title(f"Severity {spectra.severity.max()}")


def _facts(corruptions: pd.DataFrame) -> str:
    rows = corruptions[corruptions.corruption != "clean"]
    counts = f"{tables.number(rows.num_images, 'images')}, {tables.number(rows.draws, 'draws')} each"
    source = " and ".join(sorted(rows.source.unique()))
    bars = f"{tables.interval(rows)}s over images"
    return (
        f"{tables.which_data(corruptions)}. Images: {source}; per point {counts}. Star: clean images. Larger marks: "
        f"higher severity. Shaded: likelier than clean. Bars and bands: {bars}. Grey: other corruptions."
    )
