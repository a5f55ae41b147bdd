"""Figure 3: how accuracy and log-likelihood settle as more draws are averaged."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables

COLUMNS = (
    "draws", "accuracy_mean", "accuracy_sd", "log_prob_correct_nats", "log_prob_correct_sem_nats",
    "log_prob_wrong_nats", "log_prob_wrong_sem_nats", "num_images",
)  # fmt: skip
BARS: dict[str, Any] = {"markersize": 3, "elinewidth": 0.7, "capsize": 1.5}
CLASSES: dict[str, dict[str, Any]] = {
    "correct": {"label": "correct class", "color": "black", "marker": "o"},
    "wrong": {"label": "best wrong class", "color": style.ORANGE, "marker": "s", "linestyle": "--"},
}


@style.styled
def draw(convergence: pd.DataFrame) -> Figure:
    """A row of two panels for each density, against the number of draws, as in the paper.

    Left: accuracy, plus and minus two standard deviations over random subsets of the draws, cut at 0 and 100 %.
    Right: log p(x|y) of the correct class (black) and of the best wrong class (orange), plus and minus its standard
    error. sbgc.procedures.tables.convergence defines these deviations and errors. Raises ArtifactError where no model
    has a likelihood.
    """
    tables.check(convergence, "convergence", COLUMNS)
    densities = [one for one in tables.series(convergence) if one.rows.log_prob_correct_nats.notna().any()]
    if not densities:
        raise ArtifactError("convergence table: no model with a likelihood")
    drawn = style.figure(style.DOUBLE_COLUMN, 2.2 * len(densities) + 0.3)
    panels = drawn.subplots(len(densities), 2, squeeze=False)
    for (left, right), one in zip(panels, densities, strict=True):
        _accuracy(left, one)
        _log_prob(right, one)
    images = tables.number(convergence.num_images, "images")
    bars = "left ± 2 sd over random subsets of the draws, right ± standard error over draws"
    style.small_print(drawn, f"{tables.which_data(convergence)}, {images}. Bars: {bars}.")
    return drawn


def _accuracy(axes: Axes, one: tables.Series) -> None:
    rows = one.rows.sort_values("draws")
    mean, spread = 100 * rows.accuracy_mean, 200 * rows.accuracy_sd
    spread = tables.errors(mean, (mean - spread).clip(lower=0), (mean + spread).clip(upper=100))
    axes.errorbar(rows.draws, mean, yerr=spread, color="black", marker="o", **BARS)
    axes.set(title=f"{one.title}: accuracy", ylabel="Accuracy [%]")
    style.keep_to_percent(axes)
    _draws(axes, rows)


def _log_prob(axes: Axes, one: tables.Series) -> None:
    rows = one.rows.sort_values("draws")
    for which, look in CLASSES.items():
        mean, error = rows[f"log_prob_{which}_nats"], rows[f"log_prob_{which}_sem_nats"]
        axes.errorbar(rows.draws, mean, yerr=error, **BARS, **look)
    axes.set(title=f"{one.title}: log-likelihood", ylabel="Log-likelihood log p(x|y) [nats]")
    axes.legend(loc="best")
    _draws(axes, rows)


def _draws(axes: Axes, rows: pd.DataFrame) -> None:
    axes.set(xlabel="Draws averaged", xlim=(0, rows.draws.max() + 1))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
