"""The rules between the settings of an experiment: what no single value can break alone."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from sbgc.config.mistakes import MISSING, Mistake, Place, one_of, shown

if TYPE_CHECKING:
    from sbgc.config import Experiment
    from sbgc.config.evaluations import Dataset, Evaluation, Race
    from sbgc.config.models import UNet

EVALUATED = ("train", "validation", "test")  # each evaluates the split of its name
CROSSCHECK = ("reference", "fast")  # crosscheck_* evaluate the same images, each by the procedure of its name
REQUIRED = (*EVALUATED, "convergence", "screening", *(f"crosscheck_{procedure}" for procedure in CROSSCHECK))
LEARNED = {"variances": "likelihood", "screening": "screen"}  # what a race learns from: the procedure of its evaluation
# What the workflow names itself: evaluations (corrupt-* and pgd-* too, but names here have no hyphen), and folders.
RESERVED_EVALUATIONS = ("attack_clean", "interpolation", "race")
RESERVED_MODELS = ("dequantized", "evaluations", "figures", "logs", "settings", "splits", "tables")


class Facts(NamedTuple):
    """What a dataset is, whatever config.yaml says."""

    images: int
    levels: int
    image_shape: tuple[int, int, int]
    num_classes: int


FACTS = {"digits": Facts(images=1797, levels=17, image_shape=(8, 8, 1), num_classes=10)}


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    yield from _evaluations(experiment.evaluations)
    yield from _crosscheck(experiment.evaluations)
    yield from _race(experiment)
    yield from _same_noise(experiment)
    yield from _bounds(experiment)
    wrong = list(_dataset(experiment.dataset))
    yield from wrong
    if not wrong:  # else the sizes of the splits mean nothing
        sizes = split_sizes(experiment.dataset)
        yield from _images(experiment, sizes)
        yield from _models(experiment, sizes["train"])


def split_sizes(dataset: "Dataset") -> dict[str, int]:
    """The number of images of each split."""
    train = FACTS[dataset.name].images - dataset.validation - dataset.test
    return {"train": train, "validation": dataset.validation, "test": dataset.test}


def _evaluations(evaluations: dict[str, "Evaluation"]) -> Iterator[Mistake]:
    for name in REQUIRED:
        if name not in evaluations:
            yield Mistake(("evaluations", name), MISSING)
    for name in RESERVED_EVALUATIONS:
        if name in evaluations:
            yield Mistake(("evaluations", name), "the workflow gives this name to an evaluation of its own")
    for name in EVALUATED:
        if name in evaluations:
            place = ("evaluations", name, "split")
            yield from _equal(place, evaluations[name].split, name, "as the evaluation's name says")


def _crosscheck(evaluations: dict[str, "Evaluation"]) -> Iterator[Mistake]:
    for procedure in CROSSCHECK:
        name = f"crosscheck_{procedure}"
        if name in evaluations:
            place = ("evaluations", name, "likelihood", "procedure")
            found = evaluations[name].likelihood.procedure
            yield from _equal(place, found, procedure, "as the evaluation's name says")
    reference, fast = (evaluations.get(f"crosscheck_{procedure}") for procedure in CROSSCHECK)
    for key in ("split", "images", "draws"):
        if reference and fast:
            wanted, why = getattr(fast, key), "as in crosscheck_fast"
            yield from _equal(("evaluations", "crosscheck_reference", key), getattr(reference, key), wanted, why)


def _race(experiment: "Experiment") -> Iterator[Mistake]:
    """What a race learns comes from other images than its own, by the procedures of its own."""
    race, found = experiment.race, {}
    for key in LEARNED:
        name = getattr(race, key)
        if name in experiment.evaluations:
            found[key] = experiment.evaluations[name]
        elif name not in REQUIRED:  # or it is missing itself, which is said above
            yield Mistake(("race", key), one_of(name, experiment.evaluations), name)
    wrong = [mistake for key, by in LEARNED.items() if key in found for mistake in _learns(key, by, found[key], race)]
    yield from wrong
    if not wrong and len(found) == len(LEARNED):
        place, why = ("evaluations", race.screening, "images"), f"as many as {race.variances} has"
        yield from _at_most(place, found["screening"].images, found["variances"].images, why)


def _learns(key: str, by: str, other: "Evaluation", race: "Race") -> Iterator[Mistake]:
    rule = None
    if other.split == race.split:
        rule = f"must be an evaluation of another split than {race.split}"
    elif key == "variances" and other.draws < 2:
        rule = "must be an evaluation of 2 draws or more"
    elif (other.likelihood, other.dequantization) != (getattr(race, by), race.dequantization):
        rule = f"must be an evaluation by race.{by}, of race.dequantization"
    if rule:
        yield Mistake(("race", key), rule, getattr(race, key))


def _same_noise(experiment: "Experiment") -> Iterator[Mistake]:
    """A damaged image keeps the noise of the clean one, and so does an image that two procedures evaluate."""
    parts = _dequantized(experiment)
    same = [("evaluations", "test"), ("corruptions",), ("attacks",)]
    cross = [("evaluations", f"crosscheck_{procedure}") for procedure in reversed(CROSSCHECK)]
    for first, *others in (same, cross):
        for place in (place for place in others if first in parts and place in parts):
            if parts[place].dequantization != parts[first].dequantization:
                yield Mistake((*place, "dequantization"), f"must be that of {'.'.join(first)}")


def _bounds(experiment: "Experiment") -> Iterator[Mistake]:
    """The evidence lower bound takes an image for x(t_min), without noise of its own."""
    for place, part in _dequantized(experiment).items():
        likelihoods = [part.likelihood, experiment.race.screen] if place == ("race",) else [part.likelihood]
        if part.dequantization.kind != "uniform" and "elbo" in [likelihood.procedure for likelihood in likelihoods]:
            rule = "must be 'uniform' for the procedure elbo"
            yield Mistake((*place, "dequantization", "kind"), rule, part.dequantization.kind)


def _dequantized(experiment: "Experiment") -> dict[Place, Any]:
    """All parts that say how images are dequantized, by their places."""
    parts: dict[Place, Any] = {("evaluations", name): part for name, part in experiment.evaluations.items()}
    return parts | {(name,): getattr(experiment, name) for name in ("corruptions", "attacks", "interpolation", "race")}


def _dataset(dataset: "Dataset") -> Iterator[Mistake]:
    facts = FACTS[dataset.name]
    for key in ("levels", "image_shape", "num_classes"):
        yield from _equal(("dataset", key), getattr(dataset, key), getattr(facts, key), f"as {dataset.name} has")
    if dataset.validation + dataset.test >= facts.images:
        rule = f"validation + test must be less than {facts.images}, to leave images to train on"
        yield Mistake(("dataset", "test"), rule, dataset.test)


def _images(experiment: "Experiment", sizes: dict[str, int]) -> Iterator[Mistake]:
    for name, evaluation in experiment.evaluations.items():
        why = f"the size of the {evaluation.split} split"
        yield from _at_most(("evaluations", name, "images"), evaluation.images, sizes[evaluation.split], why)
    why = "the size of the test split"
    yield from _at_most(("attacks", "images"), experiment.attacks.images, sizes["test"], why)
    yield from _at_most(("interpolation", "pairs"), experiment.interpolation.pairs, sizes["test"], why)
    why = f"the size of the {experiment.race.split} split"
    yield from _at_most(("race", "images"), experiment.race.images, sizes[experiment.race.split], why)
    if clean := experiment.evaluations.get("test"):
        why = "evaluations.test.images: the clean ones"
        yield from _at_most(("corruptions", "images"), experiment.corruptions.images, clean.images, why)


def _models(experiment: "Experiment", training_images: int) -> Iterator[Mistake]:
    for name, model in experiment.models.items():
        place = ("models", name)
        if name in RESERVED_MODELS:
            yield Mistake(place, "a folder of the results has this name; choose another for the model")
        if model.kind != "gaussian":
            batch = (*place, "training", "batch_size")
            yield from _at_most(batch, model.training.batch_size, training_images, "the size of the train split")
        if model.kind == "score":
            yield from _warmup(
                (*place, "optimizer", "warmup_steps"), model.optimizer.warmup_steps, model.training.steps
            )
            yield from _levels((*place, "net"), model.net, *experiment.dataset.image_shape[:2])
            yield from _groups((*place, "net"), model.net)


def _warmup(place: Place, warmup_steps: int, steps: int) -> Iterator[Mistake]:
    if warmup_steps >= steps:
        yield Mistake(place, f"must be less than training.steps = {steps}", warmup_steps)


def _levels(place: Place, net: "UNet", height: int, width: int) -> Iterator[Mistake]:
    """nets/unet.py halves the image between its levels, and attends at the levels of the wanted heights."""
    halvings = len(net.multipliers) - 1
    if height % 2**halvings or width % 2**halvings:
        rule = f"{height}x{width} pixels cannot be halved {halvings} times for {halvings + 1} levels"
        yield Mistake((*place, "multipliers"), rule, net.multipliers)
        return
    heights = [height >> level for level in range(halvings + 1)]
    for number, wanted in enumerate(net.attention_sizes):
        if wanted not in heights:
            yield Mistake((*place, "attention_sizes", number), one_of(wanted, heights), wanted)


def _groups(place: Place, net: "UNet") -> Iterator[Mistake]:
    """GroupNorm has min(C / 4, 32) groups, which must divide every width C, the up path's joined inputs included."""
    joined = [a + b for a, b in pairwise((1, *net.multipliers, net.multipliers[-1]))]
    within = [2 * multiplier for multiplier in net.multipliers if net.blocks > 1]
    widths = [net.features * multiplier for multiplier in (*net.multipliers, *joined, *within)]
    if wrong := [width for width in widths if width > 128 and width % 32]:
        rule = f"must be a multiple of 32, for 32 groups do not divide the width {wrong[0]}"
        yield Mistake((*place, "features"), rule, net.features)


def _equal(place: Place, value: object, wanted: object, why: str) -> Iterator[Mistake]:
    if value != wanted:
        yield Mistake(place, f"must be {shown(wanted)}, {why}", value)


def _at_most(place: Place, value: int, limit: int, why: str) -> Iterator[Mistake]:
    if value > limit:
        yield Mistake(place, f"must be at most {limit}, {why}", value)
