"""Cut a dataset into train, validation and test: disjoint, the classes in their proportions, the same at every run."""

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.data.labeled import Labeled
from sbgc.keys import generator_for


def cut(dataset: Labeled, validation: int, test: int, seed: int, meta: dict[str, object]) -> dict[str, Split]:
    """The train, validation and test splits.

    Where the publishers set images aside for tests, the test split is taken from these and from no others, and the
    other two from the rest. An image's index is its place in the dataset. The seed decides which images go where and
    their order, in which the classes take turns: the first k images of a split hold every class as equally as possible.
    Raises ArtifactError when nothing is left to train on.
    """
    labels, official = dataset.labels, dataset.official_test
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
    aside: dict[str, object] = {"first_test": pool} if official else {}  # its place in the dataset
    of_split = {name: meta | aside | {"split": name, "seed": seed} for name in rows}
    return {name: Split(dataset.images[at], labels[at], at, {}, of_split[name]) for name, at in rows.items()}


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
    """The same, the test split from the images after the pool."""
    kept = _pooled(labels[:pool], validation, 0, rng)
    aside = _pooled(labels[pool:], 0, test, rng)
    return {"train": kept["train"], "validation": kept["validation"], "test": [pool + part for part in aside["test"]]}


def shares(counts: np.ndarray, total: int, owed: np.ndarray | float = 0.0) -> np.ndarray:
    """`total` divided in the proportions of `counts`: int64 [classes], each the exact share rounded down or up.

    Rounded up are those whose remainder is greatest, after adding what is still `owed` to the class from elsewhere.
    """
    exact = counts * (total / counts.sum())
    rounded = np.floor(exact).astype(np.int64)
    most = np.argsort(-(exact - rounded + owed), kind="stable")
    rounded[most[: total - rounded.sum()]] += 1
    return rounded


def taking_turns(classes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """The members of all classes, one of each class per round, in a random order within the round."""
    members = np.concatenate(classes)
    rounds = np.concatenate([np.arange(len(part)) for part in classes])
    return members[np.lexsort((rng.random(len(members)), rounds))]
