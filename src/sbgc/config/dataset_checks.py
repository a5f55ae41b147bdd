"""The rules between the settings of a dataset, and how many images it has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sbgc.config.datasets import FACTS, Facts
from sbgc.config.mistakes import Mistake, equal, most, one_of

if TYPE_CHECKING:
    from sbgc.config.experiment import Dataset

Sizes = dict[str, int | None]  # of each split; None where the files alone tell


def mistakes(dataset: "Dataset") -> Iterator[Mistake]:
    """Every broken rule; places count from the experiment."""
    yield from _named(dataset)
    if dataset.ilsvrc:
        yield from equal(("dataset", "levels"), dataset.levels, 256, "as pictures have")
        yield from equal(("dataset", "image_shape", 2), dataset.image_shape[2], 3, "as pictures have")
    if (facts := known(dataset)) is None:
        return
    name = dataset.composed.digits if dataset.composed else dataset.name
    for key in ("levels", "image_shape", "num_classes"):
        yield from equal(("dataset", key), getattr(dataset, key), getattr(facts, key), f"as {name} has")
    if facts.official_test:
        yield from most(("dataset", "test"), dataset.test, facts.official_test, "those set aside for tests")
        pool, aside, what = facts.images - facts.official_test, dataset.validation, "validation"
        if not pool:
            yield Mistake(("dataset", "name"), "only its test images are known, so that nothing can be trained", name)
            return
    else:
        pool, aside, what = facts.images, dataset.validation + dataset.test, "validation + test"
    if aside >= pool:
        rule = f"{what} must be less than {pool}, to leave images to train on"
        yield Mistake(("dataset", what.split()[-1]), rule, getattr(dataset, what.split()[-1]))


def split_sizes(dataset: "Dataset") -> Sizes:
    """The number of images of each split."""
    sizes: Sizes = {"train": None, "validation": dataset.validation, "test": dataset.test}
    if facts := known(dataset):
        sizes["train"] = facts.images - dataset.validation - (facts.official_test or dataset.test)
    return sizes


def known(dataset: "Dataset") -> Facts | None:
    """What is known of the images of a dataset; composed ones are as many as their digits, and of their shape."""
    return FACTS.get(dataset.composed.digits if dataset.composed else dataset.name)


def _named(dataset: "Dataset") -> Iterator[Mistake]:
    """A dataset is known by its name, or its name is a new one and it says where its images come from."""
    made = {key: getattr(dataset, key) for key in ("path", "composed", "ilsvrc")}
    given = [key for key, one in made.items() if one is not None]
    if dataset.name not in FACTS:
        if not given:
            rule = f"{one_of(dataset.name, FACTS)}; for images of your own, `path` says where they are"
            yield Mistake(("dataset", "name"), rule, dataset.name)
    elif dataset.composed is not None:
        yield Mistake(("dataset", "composed"), f"{dataset.name} is known; give what is composed another name")
    elif given:
        rule = f"{dataset.name} is known; give images of your own another name"
        yield Mistake(("dataset", given[0]), rule, made[given[0]])
    if len(given) > 1:
        rule = f"must be null where {given[1]} says where the images come from"
        yield Mistake(("dataset", given[0]), rule, made[given[0]])
