"""Accuracy under white-box attacks of growing size."""

from collections.abc import Sequence
from typing import Any

import numpy as np
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
APART = 2.6  # points of print from model to model at one epsilon, where they stand side by side, so that all bars show
MANY = 5  # models or attacks; more of them need room


@style.styled
def draw(adversarial: pd.DataFrame) -> Figure:
    """A panel for each norm: every model's accuracy against the bound epsilon of all attacks, with its interval.

    Epsilon is in grey levels scaled to 0-1, and 0 for clean images. Its axis has a square-root scale, because bounds
    mostly double from one to the next. Each model is attacked itself; attacks that were made against another model are
    not shown. A dotted line marks the paper's bound. Raises ArtifactError where no model is attacked itself.
    """
    tables.check(adversarial, "adversarial", COLUMNS)
    own = _white_box(adversarial)
    table = own[own.attack == WORST]
    norms = sorted(table.norm.unique(), key=lambda norm: (norm != "linf", norm))
    height = 2.5 if table.model.nunique() <= MANY else 3.2
    drawn = style.figure(style.DOUBLE_COLUMN if len(norms) > 1 else style.SINGLE_COLUMN, height)
    panels = drawn.subplots(1, len(norms), squeeze=False, sharey=True)[0]
    for axes, norm in zip(panels, norms, strict=True):
        _panel(axes, table[table.norm == norm])
        _frame(axes, norm, sorted(table.epsilon[table.norm == norm].unique()))
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
        aside = APART * (place - (len(models) - 1) / 2)
        beside = axes.transData + ScaledTranslation(aside / 72, 0, axes.figure.dpi_scale_trans)
        axes.errorbar(rows.epsilon, 100 * rows.accuracy, yerr=spread, transform=beside, **look)


def _frame(axes: Axes, norm: str, epsilons: Sequence[float]) -> None:
    """Label the axes, and make them wide enough to show the paper's bound."""
    bound, text = PAPER[norm]
    largest = max(*epsilons, bound)
    axes.set_title(f"{NORMS[norm]} attacks", pad=12)
    axes.set_xscale("function", functions=(_root, _square))
    axes.set_xlim(_square(-0.06 * _root(largest)), _square(1.06 * _root(largest)))
    axes.set_xticks(epsilons, [f"{epsilon:.3g}" for epsilon in epsilons])
    axes.set(xlabel="Bound ε [grey levels scaled to 0–1]", ylim=(0, 100))
    axes.axvline(bound, color=style.GREY, linestyle=":", linewidth=1)
    look: dict[str, Any] = {"fontsize": style.SMALL, "color": style.GREY, "ha": "center", "va": "bottom"}
    above = axes.get_xaxis_transform()
    axes.annotate(text, (bound, 1), (0, 3), xycoords=above, textcoords="offset points", **look)


def _root(epsilon: Any) -> Any:
    """Odd, so that there is room to the left of 0."""
    return np.sign(epsilon) * np.sqrt(np.abs(epsilon))


def _square(root: Any) -> Any:
    return np.sign(root) * np.square(root)


def _facts(table: pd.DataFrame, attacks: Sequence[str]) -> str:
    counts = f"{tables.number(table.num_images, 'images')}, {tables.number(table.draws, 'draws')} each"
    which = ", ".join(attacks) if len(attacks) <= MANY else f"{len(attacks)} attacks"
    worst = f"The worst of {which}, against each model itself"
    if (table.unreliable != "").any():
        worst += ". Open markers: a check of the attacks failed, and the curve is no measure of robustness"
    return f"{tables.which_data(table)}, {counts}. {worst}. Bars: {tables.interval(table)}s."
