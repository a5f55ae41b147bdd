"""The state of an attack that is under way, kept in a file, so that one that was killed goes on where it was."""

import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import ArtifactError, npz

KIND = "attack_state"
EVERY_SECONDS = 60.0  # how much of an attack a kill loses


class KeptState:
    """A file beside the attacked split. `identity` names the attack: a state of another one is not gone on with."""

    def __init__(self, path: Path, identity: str):
        self.path, self.identity, self._written = path, identity, time.monotonic()

    def read(self, like: Any) -> Any | None:
        """The state in the file, a pytree of arrays like `like`; None where there is none of this attack."""
        if not self.path.exists():
            return None
        leaves, structure = jax.tree.flatten(like)
        try:
            content = npz.read(self.path, KIND, ())
            if content.meta.get("identity") != self.identity:
                raise ArtifactError("it is of another attack")
            found = [content.columns[_name(place)] for place in range(len(leaves))]
            if [(leaf.shape, leaf.dtype) for leaf in found] != [(leaf.shape, leaf.dtype) for leaf in leaves]:
                raise ArtifactError("its arrays have other shapes")
        except (ArtifactError, KeyError) as error:
            print(f"{self.path}: {error}; the attack begins anew", file=sys.stderr)
            return None
        given = [
            jnp.asarray(leaf) if isinstance(old, jax.Array) else leaf for leaf, old in zip(found, leaves, strict=True)
        ]
        return jax.tree.unflatten(structure, given)

    def write(self, state: Any) -> None:
        """Write the state, unless it was written a short time ago."""
        if time.monotonic() - self._written < EVERY_SECONDS:
            return
        columns = {_name(place): np.asarray(leaf) for place, leaf in enumerate(jax.tree.leaves(state))}
        npz.write(self.path, KIND, npz.Content({}, columns, {"identity": self.identity}))
        self._written = time.monotonic()

    def remove(self) -> None:
        """Remove the file of an attack that is done."""
        self.path.unlink(missing_ok=True)


def _name(place: int) -> str:
    return f"leaf{place:03d}"
