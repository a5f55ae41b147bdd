"""The rules between the settings of attacks and the rest of an experiment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config.attacked import CLEAN, PGD, Attacks, CarliniWagner, Evading
from sbgc.config.base import INFINITY
from sbgc.config.mistakes import MISSING, Mistake, Place, listed, most, of_training, one_of
from sbgc.config.models import DefendedModel, learns_classes

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

RESERVED = (CLEAN, "worst")  # what the tables call the images before any attack, and the worst of all attacks
NO_WAY = "needs a method carlini_wagner of one search, and attacks.methods has none"
SEVERAL = 2  # models, between which attacks can be transferred
UNATTACKED = "attacks.epsilons has no such norm"
CLASSES_OF_RATIO = 4  # the ratio of differences of logits is of the four highest (maths/attacks/losses.py)


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    attacks, classes = experiment.attacks, experiment.dataset.num_classes
    if attacks is None:
        return
    yield from _detection(experiment, attacks)
    yield from _trajectories(attacks)
    for name, method in attacks.methods.items():
        place = ("attacks", "methods", name)
        if name in RESERVED:
            yield Mistake(place, "the tables give this name to what is no attack; choose another")
        if method.norm not in attacks.epsilons:
            yield Mistake((*place, "norm"), f"{one_of(method.norm, attacks.epsilons)}, as attacks.epsilons has them")
        yield from most((*place, "targets"), getattr(method, "targets", 0), classes - 1, "the number of wrong classes")
        if getattr(method, "loss", None) == "dlr" and classes < CLASSES_OF_RATIO:
            yield Mistake((*place, "loss"), f"needs {CLASSES_OF_RATIO} classes, and there are {classes}", "dlr")
        if isinstance(method, Evading):
            yield from _evading(place, method, experiment)
        if isinstance(method, PGD):
            yield from most((*place, "last_step"), method.last_step or 0.0, method.relative_step, "relative_step")
        if isinstance(method, CarliniWagner):
            yield from _weighed(place, method)
    if "noise" not in attacks.attacked.fresh:
        theirs = "attacks.draws, of the judge, whose noise it has; or add noise to attacks.attacked.fresh"
        yield from most(("attacks", "attacked", "draws"), attacks.attacked.draws, attacks.draws, theirs)
    for number, row in enumerate(attacks.pictures):
        yield from most(("attacks", "pictures", number), row, attacks.images - 1, "the last row that is attacked")
    yield from _transfers(experiment)


def _weighed(place: Place, method: CarliniWagner) -> Iterator[Mistake]:
    """What the attack of Carlini and Wagner pays for."""
    if method.confidence == INFINITY and method.searches > 1:
        rule = f"must be 1 where confidence is {INFINITY}: no margin is enough, and the weight is given"
        yield Mistake((*place, "searches"), rule, method.searches)
    if (given := method.detector_weight) is not None and method.evades is None:
        yield Mistake((*place, "detector_weight"), "needs `evades`, the test that it weighs; or null", given)


def _evading(place: Place, method: Evading, experiment: "Experiment") -> Iterator[Mistake]:
    """A test of log p(x) is evaded in nats, as the margin is; and models are those of the experiment."""
    for number, model in enumerate(method.models or ()):
        if model not in experiment.models:  # told of the model: it may be taken over from an experiment that is wrong
            named = ".".join(map(str, place))
            rule = f"{MISSING}, and {named}.models[{number}] names it; it {one_of(model, experiment.models)}"
            yield Mistake(("models", model), rule)
    if method.undefended:
        yield from _undefended(place, method, experiment)
    if method.evades is None:
        return
    if experiment.attacks and experiment.attacks.detection is None:
        yield Mistake((*place, "evades"), "needs the section attacks.detection; or null", method.evades)
    if (loss := getattr(method, "loss", "margin")) != "margin":
        yield Mistake((*place, "loss"), "must be margin where a test is evaded: both goals are in nats", loss)


def _undefended(place: Place, method: Evading, experiment: "Experiment") -> Iterator[Mistake]:
    """Only a model behind a defence can be attacked without it, and it has no log p(x) that a test asks for."""
    named = method.models or tuple(experiment.models)
    defended = [name for name, model in experiment.models.items() if isinstance(model, DefendedModel)]
    if others := [name for name in named if name in experiment.models and name not in defended]:
        rule = f"needs `models` that name models of the kind defended alone; without a defence: {listed(others)}"
        yield Mistake((*place, "undefended"), rule, True)
    if method.evades is not None:
        yield Mistake((*place, "evades"), "must be null where undefended: the models have no likelihood", method.evades)


def _detection(experiment: "Experiment", attacks: Attacks) -> Iterator[Mistake]:
    """Tests compare with training images, and count perturbations of the norms that attacks are of."""
    if attacks.detection is None:
        return
    place = ("attacks", "detection")
    yield from of_training((*place, "reference"), attacks.detection.reference, experiment.evaluations)
    for norm in attacks.detection.within:
        if norm not in attacks.epsilons:
            yield Mistake((*place, "within", norm), f"{one_of(norm, attacks.epsilons)}, as attacks.epsilons has them")


def _trajectories(attacks: Attacks) -> Iterator[Mistake]:
    """Ways are those of attacked images, by one weight."""
    if (section := attacks.trajectories) is None:
        return
    able = [name for name, one in attacks.methods.items() if isinstance(one, CarliniWagner) and one.searches == 1]
    if section.method not in able:
        rule = f"{one_of(section.method, able)}, of Carlini and Wagner's with one weight" if able else NO_WAY
        yield Mistake(("attacks", "trajectories", "method"), rule, section.method)
    for number, row in enumerate(section.images):
        place = ("attacks", "trajectories", "images", number)
        yield from most(place, row, attacks.images - 1, "the last row that is attacked")


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
