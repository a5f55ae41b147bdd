"""How one trained model explains its decisions on some images, as an artefact: maps, latents and centers.

It is imported from here: one more name in the package's `__init__`, which every training imports, would plan all of
them anew.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading

ARRAYS = ("labels", "index", "log_probs", "of_classes", "shared", "latents", "centers")


@dataclass(frozen=True)
class Explanations:
    """What tables of explanations are made of, for n images; an array without entries where the model has no such.

    labels, index: int64 [n]. log_probs: log p(x|y) in nats, float64 [n, classes, draws]. of_classes: the same by place,
    a mean over draws, up to a map that all classes share [n, classes, h, w]. shared: that map, of all pixels [n, H, W].
    latents: the mean latents over draws [n, rank], and centers: those of the classes [classes, rank], both in an
    orthonormal basis of the space that the centers span. meta: facts.
    """

    labels: np.ndarray
    index: np.ndarray
    log_probs: np.ndarray
    of_classes: np.ndarray
    shared: np.ndarray
    latents: np.ndarray
    centers: np.ndarray
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def scores(self) -> np.ndarray:
        """log p(x|y) in nats, the mean over draws [n, classes]."""
        return self.log_probs.mean(axis=2)


def write_explanations(path: str | Path, found: Explanations) -> None:
    """Write explanations; equal ones give equal bytes."""
    npz.write(path, "explanations", npz.Content({name: getattr(found, name) for name in ARRAYS}, {}, found.meta))


def read_explanations(path: str | Path) -> Explanations:
    """Read explanations. Raises ArtifactError when the file holds none, or contradicts itself."""
    with reading(path) as file:
        arrays, _, meta = npz.read(file, "explanations", ARRAYS)
        found = Explanations(**arrays, meta=meta)
        npz.check_rows(len(found.labels), found.labels, found.index, {})
        if found.log_probs.ndim != 3 or not found.log_probs.size:
            raise ArtifactError(f"log_probs have shape {list(found.log_probs.shape)}, expected [n, classes, draws]")
        images, classes, _ = found.log_probs.shape
        beginnings = {"log_probs": (images,), "of_classes": (images, classes), "shared": (images,)}
        beginnings |= {"latents": (images,), "centers": (classes,)}
        if images != len(found.labels):
            raise ArtifactError(f"{len(found.labels)} labels, but log_probs of {images} images")
        for name, beginning in beginnings.items():
            values = getattr(found, name)
            if values.size and values.shape[: len(beginning)] != beginning:
                raise ArtifactError(f"{name} has shape {list(values.shape)}, expected {list(beginning)} in front")
            if not np.isfinite(values).all():
                raise ArtifactError(f"{name} is not finite")
    return found
