"""The shards of a matrix of class scores, put together again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sbgc.artifacts import ArtifactError, Matrix


def join(shards: Sequence[Matrix]) -> Matrix:
    """The rows of all shards in the order given.

    The meta is that of the shards, with the list of all their manifests as its manifest. Raises ArtifactError when the
    shards do not belong to one matrix, when a row occurs twice, or when `shard` and `num_shards` in their manifests say
    that a shard is missing or out of place.
    """
    manifests = [shard.meta["manifest"] for shard in shards]
    _check_places(manifests)
    for number, shard in enumerate(shards):
        if fault := _difference(shards[0], shard):
            raise ArtifactError(f"shard {number} does not belong to the same matrix as shard 0: {fault}")
    columns = {name: np.concatenate([shard.columns[name] for shard in shards]) for name in shards[0].columns}
    scores, nfe, labels, index = (
        np.concatenate([getattr(shard, name) for shard in shards]) for name in ("scores", "nfe", "labels", "index")
    )
    joined = replace(shards[0], scores=scores, nfe=nfe, labels=labels, index=index, columns=columns)
    _check_rows(joined)
    return replace(joined, meta=joined.meta | {"manifest": manifests})


def _check_places(manifests: Sequence[dict[str, Any]]) -> None:
    for place, manifest in enumerate(manifests):
        found = (manifest.get("shard", place), manifest.get("num_shards", len(manifests)))
        if found != (place, len(manifests)):
            expected = f"shard {place} of {len(manifests)}"
            raise ArtifactError(f"found shard {found[0]} of {found[1]}, expected {expected} in its place")


def _difference(one: Matrix, other: Matrix) -> str | None:
    for name in sorted((one.meta.keys() | other.meta.keys()) - {"manifest"}):
        if one.meta.get(name) != other.meta.get(name):
            return f"{name} is {other.meta.get(name)}, expected {one.meta.get(name)}"
    if one.scores.shape[1:] != other.scores.shape[1:]:
        return f"[classes, draws] is {list(other.scores.shape[1:])}, expected {list(one.scores.shape[1:])}"
    if one.columns.keys() != other.columns.keys():
        return f"columns are {sorted(other.columns)}, expected {sorted(one.columns)}"
    return None


def _check_rows(matrix: Matrix) -> None:
    """A row is identified by the index of its image and by its columns (severity, pair and t, epsilon)."""
    # Some columns hold text. So rows are compared by the rank of each value among the distinct values of its column.
    columns = [matrix.index, *(matrix.columns[name] for name in sorted(matrix.columns))]
    rows = np.column_stack([np.unique(values, return_inverse=True)[1] for values in columns])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    if len(distinct) < len(rows):
        twice = np.unique(matrix.index)[distinct[counts.argmax(), 0]]
        raise ArtifactError(f"the shards overlap: image {twice} occurs {counts.max()} times")
