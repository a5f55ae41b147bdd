"""Fitted variables as an artefact of their own, with the settings of the model that they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading

SEPARATOR = "/"  # of the names that lead to an array


@dataclass(frozen=True)
class Weights:
    """The averaged variables of a model, as they are evaluated.

    variables: nested dictionaries of arrays, float16 or float32. images: what the images of the dataset are. settings:
    those of the model, with those of its training. facts: how it was trained.
    """

    variables: dict[str, Any]
    images: dict[str, Any]
    settings: dict[str, Any]
    facts: dict[str, Any]


def write_weights(path: str | Path, weights: Weights) -> None:
    """Write weights; equal ones give equal bytes."""
    meta = {"images": weights.images, "settings": weights.settings, "facts": weights.facts}
    npz.write(path, "weights", npz.Content({}, dict(_leaves(weights.variables)), meta))


def read_weights(path: str | Path) -> Weights:
    """Read weights. Raises ArtifactError when the file is none, or holds anything but finite numbers."""
    with reading(path) as file:
        _, columns, meta = npz.read(file, "weights", ())
        for name in ("images", "settings", "facts"):
            if not isinstance(meta.get(name), dict):
                raise ArtifactError(f"its header lacks {name}")
        for name, values in columns.items():
            if values.dtype not in (np.float16, np.float32) or not np.isfinite(values).all():
                raise ArtifactError(f"{name} is {values.dtype} or not finite, expected finite float16 or float32")
        return Weights(_tree(columns), meta["images"], meta["settings"], meta["facts"])


def _leaves(tree: dict[str, Any], place: str = "") -> Iterator[tuple[str, np.ndarray]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{place}{name}{SEPARATOR}")
        else:
            yield f"{place}{name}", np.asarray(value)


def _tree(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for place, values in arrays.items():
        *outer, name = place.split(SEPARATOR)
        inner = tree
        for part in outer:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise ArtifactError(f"{place} lies within an array")
        inner[name] = values
    return tree
