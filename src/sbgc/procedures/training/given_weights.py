"""Weights from a file in place of a training: what must agree before they are believed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
from flax import serialization

from sbgc import models
from sbgc.artifacts import ArtifactError, Weights, read_weights, reading
from sbgc.config.models import OF_TRAINING
from sbgc.config.spec import Spec

IMAGES = ("levels", "image_shape", "num_classes")
WITHOUT_VARIABLES = (*OF_TRAINING, "consistency", "adversarial", "weights", "likelihood")
FREE = ("dropout", "precision")  # settings of a net under which one set of weights may be evaluated


def state(path: Path, sha256: str, spec: Spec) -> bytes:
    """The variables of a file in float32, as msgpack, in the place that the average has in a train state.

    Raises ArtifactError, which names the file, when its bytes are not those of the hash, or when they belong to another
    model or to other images than the spec's.
    """
    _check_hash(path, sha256)
    weights = read_weights(path)
    wanted = spec.dataset.model_dump(mode="json", include=set(IMAGES))
    found = {name: weights.images.get(name) for name in IMAGES}
    differences = [*_differences(found, wanted), *_differences(weights.settings, _architecture(spec))]
    if differences:
        place, there, here = differences[0]
        raise ArtifactError(f"{path}: weights of {place} = {there!r}, expected {here!r}, as {spec.model} has it")
    variables = jax.tree.map(lambda leaf: leaf.astype(np.float32), weights.variables)
    with reading(path):
        models.page(spec.settings.kind).load(spec, serialization.msgpack_serialize(variables))
    return serialization.msgpack_serialize({"ema": variables})


def _check_hash(path: Path, sha256: str) -> None:
    with reading(path) as file, file.open("rb") as stream:
        if (found := hashlib.file_digest(stream, "sha256").hexdigest()) != sha256:
            raise ArtifactError(f"its sha256 is {found}, expected {sha256}")


def _architecture(spec: Spec) -> dict[str, Any]:
    """The settings on which the variables depend."""
    return spec.settings.model_dump(mode="json", exclude=set(WITHOUT_VARIABLES))


def _differences(found: Any, wanted: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each wanted setting that the file has otherwise, or not at all: its place, and both values."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            if name not in FREE:
                yield from _differences(found.get(name), value, f"{place}.{name}".lstrip("."))
    elif found != wanted:
        yield place, found, wanted


def exported(content: bytes, spec: Spec, facts: dict[str, Any]) -> Weights:
    """What a file for others holds of fitted parameters."""
    images = spec.dataset.model_dump(mode="json")
    return Weights(serialization.msgpack_restore(content), images, spec.settings.model_dump(mode="json"), facts)
