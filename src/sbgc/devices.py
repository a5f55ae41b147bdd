"""Batches spread over all devices of this process, with one code path for a CPU, one GPU and several GPUs.

The code only places arrays on the devices. XLA then divides the work in the same way (jax.sharding).
"""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "batch"


def count() -> int:
    """The number of devices."""
    return len(jax.devices())


def host() -> jax.Device | None:
    """The CPU, which compiles small programs sooner than accelerators; None where JAX_PLATFORMS leaves it out."""
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError:
        return None


def spread(tree: Any) -> Any:
    """Arrays [batch, ...], each device holding its part of the batch, which must be a multiple of their number."""
    return jax.device_put(tree, NamedSharding(_mesh(), PartitionSpec(AXIS)))


def divided(tree: Any) -> Any:
    """Arrays [batch, ...] inside a compiled program, divided among the devices as by `spread`."""
    return jax.lax.with_sharding_constraint(tree, NamedSharding(_mesh(), PartitionSpec(AXIS)))


def everywhere(tree: Any) -> Any:
    """Arrays of which every device holds a whole copy."""
    return jax.device_put(tree, NamedSharding(_mesh(), PartitionSpec()))


def divisible(batch_size: int) -> int:
    """The batch size, rounded up to a multiple of the number of devices."""
    return -(-batch_size // count()) * count()


def _mesh() -> Mesh:
    return Mesh(np.array(jax.devices()), (AXIS,))
