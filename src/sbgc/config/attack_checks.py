"""The rules between the settings of attacks and the rest of an experiment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config.attacked import CLEAN
from sbgc.config.mistakes import MISSING, Mistake, most, one_of
from sbgc.config.models import learns_classes

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

RESERVED = (CLEAN, "worst")  # what the tables call the images before any attack, and the worst of all attacks
SEVERAL = 2  # models, between which attacks can be transferred
UNATTACKED = "attacks.epsilons has no such norm"
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
    for number, row in enumerate(attacks.pictures):
        yield from most(("attacks", "pictures", number), row, attacks.images - 1, "the last row that is attacked")
    yield from _transfers(experiment)


def _transfers(experiment: "Experiment") -> Iterator[Mistake]:
    """Attacks that there are, on several models, each norm of them at a bound that they are made for."""
    attacks, place = experiment.attacks, ("attacks", "transfers")
    if attacks is None or attacks.transfers is None:
        return
    methods, epsilons = attacks.transfers.methods, attacks.transfers.epsilons
    if sum(map(learns_classes, experiment.models.values())) < SEVERAL:
        yield Mistake(place, f"needs {SEVERAL} models with classes; leave it out, or null")
    for number, name in enumerate(methods):
        if name not in attacks.methods:
            yield Mistake((*place, "methods", number), one_of(name, attacks.methods), name)
    norms = {attacks.methods[name].norm for name in methods if name in attacks.methods}
    for norm, epsilon in epsilons.items():
        if epsilon not in (known := attacks.epsilons.get(norm, ())):
            rule = f"{one_of(epsilon, known)}, as attacks.epsilons.{norm} has them" if known else UNATTACKED
            yield Mistake((*place, "epsilons", norm), rule, epsilon)
        elif norms and norm not in norms:
            yield Mistake((*place, "epsilons", norm), "no method of transfers is of this norm; null leaves it out")
    for norm in sorted(norms - set(epsilons)):
        yield Mistake((*place, "epsilons", norm), f"{MISSING}, and a method of transfers is of this norm")
