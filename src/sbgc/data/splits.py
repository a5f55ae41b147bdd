"""Cut a dataset into train, validation and test splits: disjoint, repeatable, the classes in proportion."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from sbgc.artifacts import ArtifactError, Split
from sbgc.data import duplicates
from sbgc.data.labeled import Labeled
from sbgc.keys import generator_for


class Chosen(NamedTuple):
    """The rows of a dataset that are in each split, and what is known of all three."""

    rows: dict[str, np.ndarray]
    facts: dict[str, object]


def cut(dataset: Labeled, validation: int, test: int, seed: int, meta: dict[str, object]) -> dict[str, Split]:
    """The train, validation and test splits, as `choose` chooses them.

    meta: facts about all three splits. Added to them are those of `choose`, the split's name, and
    `duplicates_across_splits`: how many test images equal, to the last pixel, an image of the other two splits.
    """
    rows, facts = choose(dataset.labels, dataset.official_test, dataset.class_names, validation, test, seed)
    facts = meta | facts | {"duplicates_across_splits": _duplicates(dataset, rows)}
    return {
        name: Split(dataset.images[at], dataset.labels[at], at, {}, facts | {"split": name})
        for name, at in rows.items()
    }


def choose(
    labels: Int[np.ndarray, " n"],
    official: int,
    class_names: tuple[str, ...],
    validation: int,
    test: int,
    seed: int,
) -> Chosen:
    """The rows of the train, validation and test splits of a dataset whose images have these labels.

    Where the publishers set images aside for tests, the last `official` ones, the test split is taken from these and
    from no others, and the other two from the rest. An image's index is its place in the dataset. The seed decides
    which images go where, and their order. In that order the classes take turns: the first k images of a split hold
    every class as equally as possible.

    The facts are the seed, `class_names`, and `first_test`: where the images for tests begin, if the publishers set any
    aside. Raises ArtifactError when a class has no image left to train on.
    """
    pool = len(labels) - official
    wanted, available = (validation, pool) if official else (validation + test, pool)
    if wanted >= available:
        what = "validation" if official else "validation + test"
        raise ArtifactError(f"{what} = {wanted}: must be less than the {available} images there are")
    if official and test > official:
        raise ArtifactError(f"test = {test}: must be at most the {official} images set aside for tests")
    rng = generator_for(seed, "split")
    parts = _official(labels, pool, validation, test, rng) if official else _pooled(labels, validation, test, rng)
    rows = {name: taking_turns(classes, rng) for name, classes in parts.items()}
    _refuse_untrained(labels, class_names, rows["train"])
    aside: dict[str, object] = {"first_test": pool} if official else {}  # its place in the dataset
    return Chosen(rows, aside | {"class_names": list(class_names), "seed": seed})


def _duplicates(dataset: Labeled, rows: dict[str, np.ndarray]) -> int:
    found = duplicates.digests(dataset.images)
    test, others = rows["test"], np.concatenate([rows["train"], rows["validation"]])
    return duplicates.shared([found[row] for row in test], [found[row] for row in others])


def _refuse_untrained(labels: np.ndarray, class_names: tuple[str, ...], train: np.ndarray) -> None:
    missing = np.setdiff1d(np.unique(labels), labels[train])
    if missing.size:
        label = int(missing[0])
        name = f" ({class_names[label]})" if class_names else ""
        raise ArtifactError(f"validation and test leave no image of class {label}{name} to train on")


def _pooled(labels: np.ndarray, validation: int, test: int, rng: np.random.Generator) -> dict[str, list[np.ndarray]]:
    """The members of each class in each split, from one pool."""
    counts = np.bincount(labels)
    in_test = shares(counts, test)
    in_validation = shares(counts, validation, counts * test / counts.sum() - in_test)
    parts: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    for label in range(len(counts)):
        members = rng.permutation(np.flatnonzero(labels == label))
        cuts = [in_test[label], in_test[label] + in_validation[label]]
        for name, part in zip(("test", "validation", "train"), np.split(members, cuts), strict=True):
            parts[name].append(part)
    return parts


def _official(
    labels: np.ndarray, pool: int, validation: int, test: int, rng: np.random.Generator
) -> dict[str, list[np.ndarray]]:
    """The same, with the test split taken from the images after the pool."""
    kept = _pooled(labels[:pool], validation, 0, rng)
    aside = _pooled(labels[pool:], 0, test, rng)
    return {"train": kept["train"], "validation": kept["validation"], "test": [pool + part for part in aside["test"]]}


def shares(counts: np.ndarray, total: int, owed: np.ndarray | float = 0.0) -> np.ndarray:
    """`total` divided in proportion to `counts`: int64 [classes], each the exact share rounded down or up.

    The shares with the greatest remainders are rounded up. What a class is still `owed` from elsewhere counts as part
    of its remainder.
    """
    exact = counts * (total / counts.sum())
    rounded = np.floor(exact).astype(np.int64)
    most = np.argsort(-(exact - rounded + owed), kind="stable")
    rounded[most[: total - rounded.sum()]] += 1
    return rounded


def taking_turns(classes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """The members of all classes, one of each class per round, in random order within the round."""
    members = np.concatenate(classes)
    rounds = np.concatenate([np.arange(len(part)) for part in classes])
    return members[np.lexsort((rng.random(len(members)), rounds))]
