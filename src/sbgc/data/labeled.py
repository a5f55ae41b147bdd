"""A whole dataset as its publishers cut it: what every reader of a format returns, and what all splits are cut from."""

import hashlib
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from sbgc.artifacts import Split


class Labeled(NamedTuple):
    """Images in gray levels, [n, H, W, C], and their classes; the last `official_test` are set aside for tests.

    class_names: the name of each class, in the order of the labels.
    """

    images: UInt8[np.ndarray, "n height width channels"]
    labels: Int[np.ndarray, " n"]
    official_test: int = 0
    class_names: tuple[str, ...] = ()


def joined(train: Labeled, test: Labeled) -> Labeled:
    """The training images followed by the images set aside for tests."""
    images, labels = np.concatenate([train.images, test.images]), np.concatenate([train.labels, test.labels])
    return Labeled(images, labels, len(test.labels), train.class_names)


def as_split(dataset: Labeled, name: str, levels: int) -> Split:
    """All images as one artefact, in which an image's index is its place in the dataset."""
    facts = {
        "dataset": name,
        "official_test": dataset.official_test,
        "levels": levels,
        "class_names": list(dataset.class_names),
    }
    return Split(dataset.images, dataset.labels, np.arange(len(dataset.labels)), {}, facts)


def from_split(whole: Split) -> Labeled:
    """The dataset that `as_split` made an artefact of."""
    facts = whole.meta
    return Labeled(whole.images, whole.labels, facts["official_test"], tuple(facts.get("class_names", ())))


def fingerprint(images: np.ndarray, labels: np.ndarray) -> str:
    """The sha256 of uint8 images followed by their labels as bytes, in hexadecimal."""
    return hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
