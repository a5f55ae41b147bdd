"""The rules between the settings of attacks and the rest of an experiment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config.attacked import CLEAN
from sbgc.config.mistakes import Mistake, most, one_of

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

RESERVED = (CLEAN, "worst")  # what the tables call the images before any attack, and the worst of all attacks
CLASSES_OF_RATIO = 4  # the ratio of differences of logits is of the four highest (maths/attacks/losses.py)


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    attacks, classes = experiment.attacks, experiment.dataset.num_classes
    if attacks is None:
        return
    for name, method in attacks.methods.items():
        place = ("attacks", "methods", name)
        if name in RESERVED:
            yield Mistake(place, "the tables give this name to what is no attack; choose another")
        if method.norm not in attacks.epsilons:
            yield Mistake((*place, "norm"), f"{one_of(method.norm, attacks.epsilons)}, as attacks.epsilons has them")
        yield from most((*place, "targets"), getattr(method, "targets", 0), classes - 1, "the number of wrong classes")
        if getattr(method, "loss", None) == "dlr" and classes < CLASSES_OF_RATIO:
            yield Mistake((*place, "loss"), f"needs {CLASSES_OF_RATIO} classes, and there are {classes}", "dlr")
