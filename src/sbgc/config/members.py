"""Which of an experiment's models a question is about, by what their kinds give."""

from typing import TYPE_CHECKING

from sbgc.config.likelihoods import Fast
from sbgc.config.models import learns_classes
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment


def grid_nodes(experiment: "Experiment") -> dict[str, int | str]:
    """The models whose own likelihood is taken on a calibrated grid, and how many nodes each takes, or "auto"."""
    own = {name: getattr(model, "likelihood", None) for name, model in experiment.models.items()}
    return {name: likelihood.nodes for name, likelihood in own.items() if isinstance(likelihood, Fast)}


def of_kinds(
    experiment: "Experiment", gives: str | None = None, exact: bool | None = None, classes: bool = False
) -> tuple[str, ...]:
    """The models whose kind gives that (log_prob or logits), and whose log p is exact or estimated as asked.

    classes: only those that learn classes.
    """
    return tuple(
        name
        for name, model in experiment.models.items()
        if gives in (None, KINDS[model.kind].gives)
        and exact in (None, KINDS[model.kind].exact)
        and (learns_classes(model) or not classes)
    )
