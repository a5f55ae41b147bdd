"""How every figure looks: its size in print, the look of each kind of model, and files whose bytes no date changes."""

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from sbgc.artifacts import atomic_path
from sbgc.kinds import KINDS

SINGLE_COLUMN = 3.25  # inches
DOUBLE_COLUMN = 6.75
DPI = 300
SMALL = 7  # points in print: no letter of any figure is smaller

# Okabe & Ito 2008: people with every kind of color vision can tell these colors apart.
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

# Decorates whatever draws or writes, so that a reader's own matplotlibrc changes nothing and our settings stay here.
styled = matplotlib.style.context(["default", RC])


@dataclass(frozen=True)
class Look:
    """The color, marker and line of a model. Each of the three tells kinds apart, so a print in grey works, too."""

    color: str
    marker: str
    line: Any

    @property
    def plot(self) -> dict[str, Any]:
        """Keywords for Axes.plot and Axes.errorbar. White edges separate markers that lie on top of each other."""
        size = {"markersize": 5.5} if self.marker == "^" else {}  # a triangle looks smaller than it is
        return {"color": self.color, "marker": self.marker, "linestyle": self.line, "markeredgecolor": "white"} | size


OTHER_LOOK = Look("black", "X", (0, (1, 1)))  # of a kind that sbgc.kinds does not know


def look_of(kind: str) -> Look:
    """The look of the models of one kind."""
    if kind not in KINDS:
        return OTHER_LOOK
    return Look(KINDS[kind].color, KINDS[kind].marker, KINDS[kind].line)


def figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches. Its axes make room for all that is written in and around them."""
    return Figure(figsize=(width, height), layout="constrained")


def small_print(drawn: Figure, text: str) -> None:
    """Write under the figure what was measured, as the figure's own x label, for which the layout leaves room."""
    lines = "\n".join(wrapped(text, drawn.get_figwidth()))
    drawn.supxlabel(lines, x=0.01, ha="left", fontsize=SMALL, color=GREY, linespacing=1.15)


def wrapped(text: str, inches: float) -> list[str]:
    """The lines of a small print of that width."""
    return textwrap.wrap(text, round(inches * 19.5))


def dots(text: str) -> float:
    """The width of a small text in dots."""
    return float(TextPath((0, 0), text, size=SMALL).get_extents().x1) * DPI / 72


def keep_to_percent(axes: Axes) -> None:
    """Cut the y axis just outside 0 and 100 %, with room for a marker: margins reach further, accuracies cannot."""
    low, high = axes.get_ylim()
    room = 0.04 * (min(high, 100) - max(low, 0))
    axes.set_ylim(max(low, -room), min(high, 100 + room))


@styled
def write(drawn: Figure, path: str | Path) -> None:
    """Write a .pdf (type 42 fonts, no date) or a .png (300 dpi, no software's name): equal figures give equal bytes."""
    nameless: dict[str, Any] = {"CreationDate": None} if Path(path).suffix == ".pdf" else {"Software": None}
    with atomic_path(path) as temporary:
        drawn.savefig(temporary, metadata=nameless)
