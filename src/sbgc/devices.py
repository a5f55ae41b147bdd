"""Batches spread over all devices of this process: one code path for a CPU, one GPU and several.

An array is placed; XLA then divides the work as its arguments are divided (jax.sharding).
"""

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

AXIS = "batch"


def count() -> int:
    """How many devices there are."""
    return len(jax.devices())


def spread(tree: Any) -> Any:
    """Arrays [batch, ...] with each device holding its part of the batch, which the number of devices must divide."""
    return jax.device_put(tree, NamedSharding(_mesh(), PartitionSpec(AXIS)))


def everywhere(tree: Any) -> Any:
    """Arrays that each device holds as a whole."""
    return jax.device_put(tree, NamedSharding(_mesh(), PartitionSpec()))


def divisible(batch_size: int) -> int:
    """The batch size, rounded up to a multiple of the number of devices."""
    return -(-batch_size // count()) * count()


def _mesh() -> Mesh:
    return Mesh(np.array(jax.devices()), (AXIS,))
