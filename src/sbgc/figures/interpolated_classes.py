"""What models make of images between two others: likelihood and both classes (Fetaya et al. 2020, figures 1, 4, 6)."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.figures import style, tables
from sbgc.figures.panels import panels

ENDS = ("a", "b")
OF_ENDS = tuple(f"posterior_{end}_{part}" for end in ENDS for part in ("mean", "ci_low", "ci_high"))
COLUMNS = ("pairs", "t", "log_prob_mean_nats", "ci_low_nats", "ci_high_nats", *OF_ENDS, "num_pairs")
PATHS = ("whole_path_accepted", "ci_low", "ci_high", "eligible_pairs", "accepted_test_images")
PANELS_A_ROW = 4
LOOKS: dict[str, dict[str, Any]] = {
    "a": {"color": style.BLUE, "label": "class of image a"},
    "b": {"color": style.VERMILION, "linestyle": (0, (4, 1.5)), "label": "class of image b"},
}


@style.styled
def draw(interpolation: pd.DataFrame, interpolation_paths: pd.DataFrame) -> Figure:
    """For each model, above: the mean log p(x) over eligible pairs; below: the mean probabilities of both classes.

    Eligible are pairs of images that are both classified right and pass the detection threshold; where a model has no
    such pair, all are drawn, and the panel says so. The title tells how many of the paths pass the threshold from end
    to end. Bands are confidence intervals over pairs.
    """
    tables.check(interpolation, "interpolation", COLUMNS)
    tables.check(interpolation_paths, "interpolation_paths", PATHS)
    models = tables.series(interpolation)
    made = panels(len(models), PANELS_A_ROW, 3.2, 0.4, (1.0, 1.0))
    for (upper, lower), one in zip(made.each, models, strict=True):
        (_, path), *_ = tables.of_series(interpolation_paths, "interpolation_paths", one).iterrows()
        _model(upper, lower, one, path)
    made.label("log p(x) [nats]", "Probability [%]")
    handles, drawn = made.each[0][1].get_legend_handles_labels(), made.figure
    drawn.legend(*handles, loc="outside upper center", ncols=2)
    style.small_print(drawn, _what(interpolation, interpolation_paths))
    return drawn


def _model(upper: Axes, lower: Axes, one: tables.Series, path: pd.Series) -> None:
    eligible = one.rows[one.rows.pairs == "eligible"]
    rows = (one.rows[one.rows.pairs == "all"] if eligible.empty else eligible).sort_values("t")
    upper.fill_between(rows.t, rows.ci_low_nats, rows.ci_high_nats, color="0.8", linewidth=0)
    upper.plot(rows.t, rows.log_prob_mean_nats, color="black")
    for end, look in LOOKS.items():
        mean, low, high = (100.0 * rows[f"posterior_{end}_{part}"] for part in ("mean", "ci_low", "ci_high"))
        lower.fill_between(rows.t, low, high, color=look["color"], alpha=0.2, linewidth=0)
        lower.plot(rows.t, mean, **look)
    for axes in (upper, lower):
        axes.set(xlim=(0, 1), xticks=[0, 0.5, 1])
        axes.set_xticklabels(["a", "0.5", "b"])
    lower.set(ylim=(0, 103), yticks=[0, 50, 100], xlabel="Position t on the line")
    upper.tick_params(labelbottom=False)
    upper.set_title(f"{one.title}\n{_accepted(path)}")


def _accepted(path: pd.Series) -> str:
    if not path.eligible_pairs:
        return "no eligible pair"
    share, low, high = (100.0 * path[name] for name in ("whole_path_accepted", "ci_low", "ci_high"))
    return f"{share:.0f} % [{low:.0f}, {high:.0f}] of {path.eligible_pairs:.0f}"


def _what(interpolation: pd.DataFrame, paths: pd.DataFrame) -> str:
    share = 100.0 * paths.accepted_test_images.max()
    pairs = tables.number(interpolation.num_pairs[interpolation.pairs == "all"], "pairs")
    return (
        f"{tables.which_data(interpolation)}, {pairs} of images of different classes; eligible are those whose ends "
        f"are classified right and pass a threshold that {share:.3g} % of test images pass. Drawn are means over them, "
        f"or over all where there are none; in the titles: how many of them pass it from end to end. Bands and "
        f"brackets: {tables.interval(interpolation)}s over pairs."
    )
