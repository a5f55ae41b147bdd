"""The rules between the settings of an experiment: what no single value can break alone."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from sbgc.config import evaluation_checks
from sbgc.config.datasets import FACTS
from sbgc.config.mistakes import Mistake, Place, equal, most, one_of

if TYPE_CHECKING:
    from sbgc.config import Experiment
    from sbgc.config.evaluations import Dataset
    from sbgc.config.models import UNet

RESERVED_MODELS = ("evaluations", "figures", "logs", "settings", "splits", "tables")
ARCHIVE_OF = "cifar10"  # whose test images CIFAR-10-C has
OF_COLORS = "saturate"  # the corruption that leaves an image without colors as it is
Sizes = dict[str, int | None]  # of each split; None where the files alone tell


def mistakes(experiment: "Experiment") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    yield from evaluation_checks.mistakes(experiment)
    yield from _corruptions(experiment)
    wrong = list(_dataset(experiment.dataset))
    yield from wrong
    if not wrong:  # else the sizes of the splits mean nothing
        sizes = split_sizes(experiment.dataset)
        yield from _images(experiment, sizes)
        yield from _models(experiment, sizes["train"])


def split_sizes(dataset: "Dataset") -> Sizes:
    """The number of images of each split."""
    sizes: Sizes = {"train": None, "validation": dataset.validation, "test": dataset.test}
    if facts := FACTS.get(dataset.name):
        sizes["train"] = facts.images - dataset.validation - (facts.official_test or dataset.test)
    return sizes


def _dataset(dataset: "Dataset") -> Iterator[Mistake]:
    facts = FACTS.get(dataset.name)
    if facts is None:
        if dataset.path is None:
            rule = f"{one_of(dataset.name, FACTS)}; for images of your own, `path` says where they are"
            yield Mistake(("dataset", "name"), rule, dataset.name)
        return
    if dataset.path is not None:
        yield Mistake(
            ("dataset", "path"), f"{dataset.name} is known; give images of your own another name", dataset.path
        )
    for key in ("levels", "image_shape", "num_classes"):
        yield from equal(("dataset", key), getattr(dataset, key), getattr(facts, key), f"as {dataset.name} has")
    if facts.official_test:
        yield from most(("dataset", "test"), dataset.test, facts.official_test, "those set aside for tests")
        pool, aside, what = facts.images - facts.official_test, dataset.validation, "validation"
    else:
        pool, aside, what = facts.images, dataset.validation + dataset.test, "validation + test"
    if aside >= pool:
        rule = f"{what} must be less than {pool}, to leave images to train on"
        yield Mistake(("dataset", what.split()[-1]), rule, getattr(dataset, what.split()[-1]))


def _corruptions(experiment: "Experiment") -> Iterator[Mistake]:
    corruptions, dataset = experiment.corruptions, experiment.dataset
    if corruptions.source != "generated" and dataset.name != ARCHIVE_OF:
        rule = f"must be 'generated', for CIFAR-10-C has images of {ARCHIVE_OF} alone"
        yield Mistake(("corruptions", "source"), rule, corruptions.source)
    if OF_COLORS in corruptions.kinds and dataset.image_shape[2] != 3:
        rule = f"needs 3 color channels, and image_shape has {dataset.image_shape[2]}; leave it out"
        yield Mistake(("corruptions", "kinds", corruptions.kinds.index(OF_COLORS)), rule, OF_COLORS)
    if corruptions.baseline not in experiment.models:
        rule = one_of(corruptions.baseline, experiment.models)
        yield Mistake(("corruptions", "baseline"), rule, corruptions.baseline)


def _images(experiment: "Experiment", sizes: Sizes) -> Iterator[Mistake]:
    for name, evaluation in experiment.evaluations.items():
        why = f"the size of the {evaluation.split} split"
        yield from most(("evaluations", name, "images"), evaluation.images, sizes[evaluation.split], why)
    why = "the size of the test split"
    yield from most(("attacks", "images"), experiment.attacks.images, sizes["test"], why)
    yield from most(("interpolation", "pairs"), experiment.interpolation.pairs, sizes["test"], why)
    why = f"the size of the {experiment.race.split} split"
    yield from most(("race", "images"), experiment.race.images, sizes[experiment.race.split], why)
    if clean := experiment.evaluations.get("test"):
        why = "evaluations.test.images: the clean ones"
        corruptions = experiment.corruptions
        yield from most(("corruptions", "images"), corruptions.images, clean.images, why)
        if corruptions.raced:
            yield from most(("corruptions", "raced", "images"), corruptions.raced.images, clean.images, why)


def _models(experiment: "Experiment", training_images: int | None) -> Iterator[Mistake]:
    for name, model in experiment.models.items():
        place = ("models", name)
        if name in RESERVED_MODELS:
            yield Mistake(place, "a folder of the results has this name; choose another for the model")
        if model.kind != "gaussian":
            batch = (*place, "training", "batch_size")
            yield from most(batch, model.training.batch_size, training_images, "the size of the train split")
            border, pixels = (*place, "training", "crops"), min(experiment.dataset.image_shape[:2])
            yield from most(border, model.training.crops, pixels - 1, "less than the image's side")
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
