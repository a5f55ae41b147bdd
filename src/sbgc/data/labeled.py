"""A whole dataset as its publishers cut it: what every reader of a format returns, and every split is cut from."""

import hashlib
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8

from sbgc.artifacts import ArtifactError, Split


class Labeled(NamedTuple):
    """Images in grey levels, [n, H, W, C], and their classes; the last `official_test` are set aside for tests."""

    images: UInt8[np.ndarray, "n height width channels"]
    labels: Int[np.ndarray, " n"]
    official_test: int = 0


def checked(images: np.ndarray, labels: np.ndarray, source: object, official_test: int = 0) -> Labeled:
    """The dataset, grey images with a channel axis. Raises ArtifactError where arrays from outside are none."""
    if images.dtype != np.uint8:
        raise ArtifactError(f"{source}: images are {images.dtype}, expected uint8 grey levels")
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4:
        raise ArtifactError(f"{source}: images have shape {list(images.shape)}, expected [n, H, W] or [n, H, W, C]")
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1]:
        found = f"{labels.dtype} {list(labels.shape)}"
        raise ArtifactError(f"{source}: labels are {found}, expected one whole number for each of {len(images)} images")
    return Labeled(images, labels.astype(np.int64), official_test)


def joined(train: Labeled, test: Labeled) -> Labeled:
    """The training images followed by those set aside for tests."""
    images, labels = np.concatenate([train.images, test.images]), np.concatenate([train.labels, test.labels])
    return Labeled(images, labels, len(test.labels))


def as_split(dataset: Labeled, name: str, levels: int) -> Split:
    """All images as an artefact, each image's index being its place; read back by steps/split_dataset.py."""
    facts = {"dataset": name, "official_test": dataset.official_test, "levels": levels}
    return Split(dataset.images, dataset.labels, np.arange(len(dataset.labels)), {}, facts)


def fingerprint(images: np.ndarray, labels: np.ndarray) -> str:
    """The sha256 of uint8 images followed by their labels as bytes, in hexadecimal."""
    return hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
