"""How every figure looks: sizes at print, one look per kind of model, small print, and bytes that no date changes."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import atomic_path

SINGLE_COLUMN = 3.25  # inches
DOUBLE_COLUMN = 6.75
DPI = 300
SMALL = 7  # points at print size: no letter of any figure is smaller

# Okabe & Ito 2008: told apart by every kind of color vision.
ORANGE, BLUE, GREEN, VERMILION, PURPLE = "#E69F00", "#0072B2", "#009E73", "#D55E00", "#CC79A7"
GREY = "#6E6E6E"

RC = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": SMALL, "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL, "legend.frameon": False, "legend.handlelength": 2.4,
    "lines.linewidth": 1.2, "lines.markersize": 4.0, "lines.markeredgewidth": 0.8, "errorbar.capsize": 2.0,
    "axes.linewidth": 0.6, "xtick.major.width": 0.6, "ytick.major.width": 0.6,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "figure.dpi": DPI, "savefig.dpi": DPI, "pdf.fonttype": 42,
    "figure.constrained_layout.w_pad": 0.03, "figure.constrained_layout.h_pad": 0.03,
}  # fmt: skip

# Decorates whatever draws or writes: a reader's own matplotlibrc changes nothing, and nothing leaks out.
styled = matplotlib.style.context(["default", RC])


@dataclass(frozen=True)
class Look:
    """Color, marker and line of a kind of model; any one of the three tells kinds apart, so grey-scale print works."""

    color: str
    marker: str
    line: Any

    @property
    def plot(self) -> dict[str, Any]:
        """Keywords of Axes.plot and Axes.errorbar; the marker's white edge separates points that lie on each other."""
        size = {"markersize": 5.5} if self.marker == "^" else {}  # a triangle looks smaller than it is
        return {"color": self.color, "marker": self.marker, "linestyle": self.line, "markeredgecolor": "white"} | size


# What readers see as the name of a kind, and its look.
KINDS = {
    "score": ("Score model", Look(BLUE, "o", "-")),
    "gaussian": ("Gaussian", Look(GREEN, "s", (0, (4, 1.5)))),
    "wide_resnet": ("WideResNet", Look(VERMILION, "^", (0, (5, 1.5, 1, 1.5)))),
}
OTHER_KIND = Look(PURPLE, "D", (0, (1, 1)))


def figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, its axes fitted to what is written in and around them."""
    return Figure(figsize=(width, height), layout="constrained")


def small_print(drawn: Figure, text: str) -> None:
    """Say under the figure what was measured. As the figure's own x label, so that the layout leaves room for it."""
    width = round(drawn.get_figwidth() * 19.5)
    drawn.supxlabel(textwrap.fill(text, width), x=0.01, ha="left", fontsize=SMALL, color=GREY, linespacing=1.15)


def end_at_100(axes: Axes) -> None:
    """Cut an axis of accuracies just above 100 %: margins and symmetric bars reach further, accuracies cannot."""
    low, high = axes.get_ylim()
    axes.set_ylim(top=min(high, 100 + 0.04 * (100 - low)))


@styled
def write(drawn: Figure, path: str | Path) -> None:
    """Write .pdf (type 42 fonts, no date) or .png (300 dpi, no software name): equal figures give equal bytes."""
    nameless: dict[str, Any] = {"CreationDate": None} if Path(path).suffix == ".pdf" else {"Software": None}
    with atomic_path(path) as temporary:
        drawn.savefig(temporary, metadata=nameless)
