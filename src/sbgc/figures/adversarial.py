"""Accuracy under white-box attacks of growing size."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from sbgc.artifacts import ArtifactError
from sbgc.figures import style, tables

COLUMNS = (
    "attack",
    "norm",
    "attacked",
    "epsilon",
    "accuracy",
    "ci_low",
    "ci_high",
    "num_images",
    "draws",
    "unreliable",
)
WORST = "worst"  # all attacks together, in the adversarial table
NORMS = {"linf": r"$\ell_\infty$", "l2": r"$\ell_2$"}
PAPER = {"linf": (8 / 255, "SBGC: 8/255"), "l2": (0.5, "SBGC: 0.5")}  # SBGC section 3.3, table 3
SPREAD = 10.5  # points of print over which models with the same epsilon stand side by side, so that all bars show


@style.styled
def draw(adversarial: pd.DataFrame) -> Figure:
    """A panel for each norm: every model's accuracy against the bound epsilon of all attacks, with its interval.

    Epsilon is in grey levels scaled to 0-1, and 0 for clean images. Each model is attacked itself; attacks that were
    made against another model are not shown. A dotted line marks the paper's bound. Raises ArtifactError where no
    model is attacked itself.
    """
    tables.check(adversarial, "adversarial", COLUMNS)
    own = _white_box(adversarial)
    table = own[own.attack == WORST]
    norms = sorted(table.norm.unique(), key=lambda norm: (norm != "linf", norm))
    drawn = style.figure(style.DOUBLE_COLUMN if len(norms) > 1 else style.SINGLE_COLUMN, 2.5)
    panels = drawn.subplots(1, len(norms), squeeze=False, sharey=True)[0]
    for axes, norm in zip(panels, norms, strict=True):
        _panel(axes, table[table.norm == norm])
        _frame(axes, norm, table.epsilon[table.norm == norm].max())
    panels[0].set_ylabel("Accuracy [%]")
    handles, names = panels[0].get_legend_handles_labels()
    by_name = dict(zip(names, handles, strict=True))  # all seeds of a model share a look and a name
    drawn.legend(list(by_name.values()), list(by_name), loc="outside upper center", ncols=4 if len(norms) > 1 else 2)
    style.small_print(drawn, _facts(table, own.attack[own.attack != WORST].unique()))
    return drawn


def _white_box(table: pd.DataFrame) -> pd.DataFrame:
    own = table[table.attacked == table.model + "-seed" + table.seed.astype(str)]
    if own.empty:
        raise ArtifactError("adversarial table: no model is attacked itself")
    return own


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    models = tables.series(table)
    for place, one in enumerate(models):
        rows = one.rows.sort_values("epsilon")
        spread = 100 * tables.errors(rows.accuracy, rows.ci_low, rows.ci_high)
        look = one.look.plot | {"label": one.label, "elinewidth": 0.8, "clip_on": False}
        if (rows.unreliable != "").any():
            look |= {"markerfacecolor": "white", "alpha": 0.6}
        aside = SPREAD * ((place + 0.5) / len(models) - 0.5)
        beside = axes.transData + ScaledTranslation(aside / 72, 0, axes.figure.dpi_scale_trans)
        axes.errorbar(rows.epsilon, 100 * rows.accuracy, yerr=spread, transform=beside, **look)


def _frame(axes: Axes, norm: str, largest: float) -> None:
    """Label the axes, and make them wide enough to show the paper's bound."""
    bound, text = PAPER[norm]
    axes.set_title(f"{NORMS[norm]} attacks", pad=12)
    axes.set(xlabel="Bound ε [grey levels scaled to 0–1]", ylim=(0, 100))
    axes.set_xlim(-0.04 * max(largest, bound), 1.04 * max(largest, bound))
    axes.axvline(bound, color=style.GREY, linestyle=":", linewidth=1)
    look: dict[str, Any] = {"fontsize": style.SMALL, "color": style.GREY, "ha": "center", "va": "bottom"}
    above = axes.get_xaxis_transform()
    axes.annotate(text, (bound, 1), (0, 3), xycoords=above, textcoords="offset points", **look)


def _facts(table: pd.DataFrame, attacks: Sequence[str]) -> str:
    counts = f"{tables.number(table.num_images, 'images')}, {tables.number(table.draws, 'draws')} each"
    worst = f"The worst of {', '.join(attacks)}, against each model itself"
    if (table.unreliable != "").any():
        worst += ". Open markers: a check of the attacks failed, and the curve is no measure of robustness"
    return f"{tables.which_data(table)}, {counts}. {worst}. Bars: {tables.interval(table)}s."
