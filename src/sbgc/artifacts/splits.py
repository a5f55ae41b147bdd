"""Sets of labeled images: what is trained on, evaluated, corrupted, attacked and sampled."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading
from sbgc.artifacts.stored_images import StoredImages

STORED = "stored_split"
OF_IMAGES = re.compile(r"[a-z]+/\d+-of-\d+\.npy")  # beside the split, and nowhere else


@dataclass(frozen=True)
class Split:
    """A set of labeled images.

    images: uint8 or float32 [n, H, W, C], grey levels 0..L-1 (float32 for attacked or interpolated images, which lie
    between the levels); or dequantized draws, float32 [n, draws, H, W, C] on [0, L); or StoredImages, of which `take`
    reads the rows that it is asked for. labels: int64 [n], the class.
    index: int64 [n], each image's number in the whole dataset. columns: what else is known of each image (severity,
    epsilon, ...), arrays [n] or [n, ...]. meta: facts about the whole set; `labeled: false` says that the labels are
    classes of another dataset than the models'.
    """

    images: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray | slice) -> "Split":
        """The images at `rows`, in that order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Split(self.images[rows], self.labels[rows], self.index[rows], columns, self.meta)

    def shard(self, shard: int, num_shards: int) -> "Split":
        """The shard-th of num_shards contiguous ranges, whose lengths differ by at most one."""
        edges = np.linspace(0, len(self), num_shards + 1).round().astype(int)
        return self.take(slice(edges[shard], edges[shard + 1]))


def write_split(path: str | Path, split: Split) -> None:
    """Write a split; equal splits give equal bytes."""
    arrays = {"images": split.images, "labels": split.labels, "index": split.index}
    npz.write(path, "split", npz.Content(arrays, split.columns, split.meta))


def write_stored_split(
    path: str | Path, labels: np.ndarray, index: np.ndarray, files: Sequence[str], margin: int, meta: dict[str, Any]
) -> None:
    """Write what is known of a split whose images lie in files beside it, with a margin around each (StoredImages)."""
    facts = meta | {"files": list(files), "margin": margin}
    npz.write(path, STORED, npz.Content({"labels": labels, "index": index}, {}, facts))


def read_split(path: str | Path, surroundings: int = 0) -> Split:
    """Read a split. Raises ArtifactError when the file is not one, holds no image, or contradicts itself.

    surroundings: pixels around each image that are wanted, too; only images that lie in files have any.
    """
    with reading(path) as file:
        arrays, columns, meta = npz.read(file, "split", ("images", "labels", "index"), **{STORED: ("labels", "index")})
        if "images" not in arrays:
            arrays["images"], meta = _stored(file, meta, surroundings)
        elif surroundings:
            raise ArtifactError("its images have no surroundings, and some are asked for")
        split = Split(**arrays, columns=columns, meta=meta)
        _check_images(split.images)
        npz.check_rows(len(split.images), split.labels, split.index, columns)
    return split


def _stored(path: Path, meta: dict[str, Any], surroundings: int) -> tuple[Any, dict[str, Any]]:
    """The images that lie in files, and the facts about them without where they lie."""
    files, margin = meta.get("files"), meta.get("margin")
    if not isinstance(files, list) or not files or type(margin) is not int:
        raise ArtifactError("a stored split without its files and their margin")
    for name in files:
        if not isinstance(name, str) or not OF_IMAGES.fullmatch(name):
            raise ArtifactError(f"{name!r} is no name of a file of images, expected such as train/0-of-8.npy")
    facts = {key: value for key, value in meta.items() if key not in ("files", "margin")}
    return StoredImages([path.parent / name for name in files], margin, surroundings), facts


def _check_images(images: np.ndarray) -> None:
    found = f"images are {images.dtype} {list(images.shape)}"
    if images.dtype not in (np.uint8, np.float32):
        raise ArtifactError(f"{found}, expected uint8 or float32")
    if images.ndim not in (4, 5):
        raise ArtifactError(f"{found}, expected [n, H, W, C] or [n, draws, H, W, C]")
    if 0 in images.shape:
        raise ArtifactError(f"{found}: there is no image")
