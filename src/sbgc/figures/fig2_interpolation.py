"""Figure 2: the log-likelihood along straight lines between images."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.panels import panels

COLUMNS = ("pairs", "t", "log_prob_mean_nats", "log_prob_sd_nats", "ci_low_nats", "ci_high_nats", "num_pairs")
PANELS_A_ROW = 3


@style.styled
def draw(interpolation: pd.DataFrame) -> Figure:
    """The mean over pairs (a, b) of log p((1 - t) a + t b) in nats, as in SBGC eq. 4, with two bands.

    The dark band is the confidence interval of the mean, the pale one reaches one standard deviation up and down. Each
    model has a panel and a scale of its own, since models differ by more nats than a line bends. A convex mean lies
    below the dotted chord between the ends, a concave one above it.
    """
    tables.check(interpolation, "interpolation", COLUMNS)
    models = tables.series(interpolation[interpolation.pairs == "all"])
    made = panels(len(models), PANELS_A_ROW, 2.2, 0.4)
    for (axes,), one in zip(made.each, models, strict=True):
        _panel(axes, one)
    made.label("Log-likelihood log p(x) [nats]")
    handles, drawn = made.each[0][0].get_legend_handles_labels(), made.figure
    drawn.legend(*handles, loc="outside upper center", ncols=4 if made.columns > 1 else 2)
    pairs = tables.number([one.rows.num_pairs.iloc[0] for one in models], "pairs")
    what = "images of different classes. The sd and the confidence interval (CI) are over pairs"
    style.small_print(drawn, f"{tables.which_data(interpolation)}, {pairs} of {what}.")
    return drawn


def _panel(axes: Axes, one: tables.Series) -> None:
    rows = one.rows.sort_values("t")
    mean, sd, ends = rows.log_prob_mean_nats, rows.log_prob_sd_nats, [0, -1]
    axes.fill_between(rows.t, mean - sd, mean + sd, color="0.85", linewidth=0, label="mean ± sd")
    axes.fill_between(rows.t, rows.ci_low_nats, rows.ci_high_nats, color="0.6", linewidth=0, label="CI of the mean")
    axes.plot(rows.t, mean, color="black", label="mean")
    chord: dict[str, Any] = {"color": style.VERMILION, "linestyle": (0, (1, 1)), "linewidth": 1.0, "label": "chord"}
    axes.plot(rows.t.iloc[ends], mean.iloc[ends], **chord)
    axes.set(title=one.title, xlabel="Position t on the line", xlim=(0, 1), xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.set_xticklabels(["0\nimage a", "0.25", "0.5", "0.75", "1\nimage b"])
