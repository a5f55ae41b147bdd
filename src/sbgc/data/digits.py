"""Handwritten digits: 1,797 real 8x8 images of 17 grey levels that come with scikit-learn (Alpaydin & Kaynak 1998)."""

import hashlib

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for

FACTS = {"levels": 17, "image_shape": [8, 8, 1], "num_classes": 10}
SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"  # of `fingerprint`


def load() -> tuple[np.ndarray, np.ndarray]:
    """All images, uint8 [1797, 8, 8, 1] in grey levels 0..16, and labels, int64 [1797].

    Raises ArtifactError when the installed scikit-learn carries other images or labels than those of `SHA256`.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    images, labels = found.images.astype(np.uint8)[..., None], found.target.astype(np.int64)
    digest = fingerprint(images, labels)
    if digest != SHA256:
        raise ArtifactError(
            f"digits: found images and labels of sha256 {digest[:12]}, expected {SHA256[:12]}; another scikit-learn?"
        )
    return images, labels


def fingerprint(images: np.ndarray, labels: np.ndarray) -> str:
    """The sha256 of uint8 images followed by their labels as bytes, in hexadecimal."""
    return hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()


def split(validation: int, test: int, seed: int) -> dict[str, Split]:
    """The train, validation and test splits: disjoint, together everything, each with the classes in their proportions.

    An image's index is its place in `load`. The seed decides which images go where and their order, in which the
    classes take turns: the first k images of a split hold every class as equally as possible. Raises ArtifactError when
    nothing is left to train on.
    """
    images, labels = load()
    if validation + test >= len(labels):
        raise ArtifactError(f"validation + test = {validation + test}: must be less than the {len(labels)} digits")
    counts = np.bincount(labels)
    in_test = shares(counts, test)
    in_validation = shares(counts, validation, counts * test / counts.sum() - in_test)
    rng = generator_for(seed, "split")
    parts: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    for label in range(len(counts)):
        members = rng.permutation(np.flatnonzero(labels == label))
        cuts = [in_test[label], in_test[label] + in_validation[label]]
        for name, part in zip(("test", "validation", "train"), np.split(members, cuts), strict=True):
            parts[name].append(part)
    meta = {"dataset": "digits", "seed": seed} | FACTS
    rows = {name: taking_turns(classes, rng) for name, classes in parts.items()}
    return {name: Split(images[at], labels[at], at, {}, meta | {"split": name}) for name, at in rows.items()}


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
