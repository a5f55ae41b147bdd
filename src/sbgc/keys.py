"""Randomness by name: an example's noise follows from its purpose, never from the time when it was drawn.

No random number then depends on a batch, a shard or an order. No key holds a class, so all classes of an image share
their noise and their probes (common random numbers). `index` numbers the images of the whole dataset, whatever split
they are in: a corrupted or attacked image keeps the noise of the clean one.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jax.typing import ArrayLike

    from sbgc.types import Key


def role_id(role: str) -> int:
    """A stable 31-bit number for a purpose such as "dequantize" or "probe"."""
    return int.from_bytes(hashlib.sha256(role.encode()).digest()[:4], "big") >> 1


def second(seed: int) -> int:
    """Another seed, for noise and probes of a second judge, from which those of `seed` tell nothing."""
    return (seed + role_id("second judge")) % 2**31


def key_for(seed: "ArrayLike", role: str, index: "ArrayLike" = 0, draw: "ArrayLike" = 0) -> "Key":
    """The JAX key of (seed, role, image, draw). All but the role may be traced."""
    import jax

    key = jax.random.key(seed)
    for part in (role_id(role), index, draw):
        key = jax.random.fold_in(key, part)
    return key


def generator_for(seed: int, role: str, index: int = 0, draw: int = 0) -> np.random.Generator:
    """The NumPy generator of (seed, role, image, draw), for steps that need no accelerator."""
    return np.random.Generator(np.random.Philox(key=[role_id(role), seed], counter=[0, 0, draw, index]))
