"""Trees of arrays as msgpack, read back only where they fit."""

from typing import Any

import jax
import numpy as np
from flax import serialization

from sbgc.artifacts import ArtifactError


def restore(target: Any, content: bytes, what: str) -> Any:
    """The arrays of msgpack `content` in the structure of `target`, whose leaves need only a shape and a dtype.

    `what` names the thing wanted. Raises ArtifactError, in one line, when the content is damaged or of another
    structure, shape or dtype.
    """
    try:
        tree = serialization.from_bytes(target, content)
    except Exception as error:  # damaged bytes make msgpack and flax raise a dozen kinds of error
        raise ArtifactError(f"not {what}: {' '.join(str(error).split())[:200]}") from error
    leaves, targets = jax.tree.leaves_with_path(tree), jax.tree.leaves_with_path(target)
    if [path for path, _ in leaves] != [path for path, _ in targets]:
        raise ArtifactError(f"not {what}: it has other leaves")
    for (path, wanted), (_, found) in zip(targets, leaves, strict=True):
        if (np.shape(found), np.result_type(found)) != (wanted.shape, wanted.dtype):
            shapes = f"has shape {np.shape(found)}, expected {wanted.shape}"
            raise ArtifactError(f"not {what}: {jax.tree_util.keystr(path)} {shapes}")
    return tree
