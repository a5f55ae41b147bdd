"""Which models of an experiment explain their decisions, and by what."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config.mistakes import MISSING, Mistake, most, one_of
from sbgc.config.models import has_maps, learns_classes
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment


def with_maps(experiment: "Experiment") -> tuple[str, ...]:
    """The explained models whose log p(x|y) is a sum over places of the image."""
    return tuple(name for name in _explained(experiment) if has_maps(experiment.models[name]))


def with_latents(experiment: "Experiment") -> tuple[str, ...]:
    """The explained models that have a latent space with a center for each class."""
    return tuple(name for name in _explained(experiment) if KINDS[experiment.models[name].kind].latents)


def attackable(experiment: "Experiment") -> tuple[str, ...]:
    """All models with latents that learn classes: attacks on them can be followed."""
    return tuple(
        name for name, model in experiment.models.items() if learns_classes(model) and KINDS[model.kind].latents
    )


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Images or models that are not there, and models that cannot explain anything."""
    if (section := experiment.explanations) is None:
        return
    able = [
        name
        for name, model in experiment.models.items()
        if learns_classes(model) and (has_maps(model) or KINDS[model.kind].latents)
    ]
    if not able:
        rule = "needs a model that learns classes, with maps or with latents, and models has none"
        yield Mistake(("explanations",), f"{rule}; leave the section out, or null")
        return
    for number, name in enumerate(section.models):
        if name not in experiment.models:  # told of the model: it may be taken over from an experiment that is wrong
            rule = f"{MISSING}, and explanations.models[{number}] names it; it {one_of(name, able)}"
            yield Mistake(("models", name), rule)
        elif name not in able:
            yield Mistake(("explanations", "models", number), one_of(name, able), name)
    for number, row in enumerate(section.images):
        last = experiment.dataset.test - 1
        yield from most(("explanations", "images", number), row, last, "the last row of the test split")


def _explained(experiment: "Experiment") -> tuple[str, ...]:
    return experiment.explanations.models if experiment.explanations else ()
