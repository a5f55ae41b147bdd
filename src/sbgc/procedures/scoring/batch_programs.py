"""Compiled programs for batches that are as large as the memory allows, spread over all devices."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax

from sbgc import devices
from sbgc.artifacts import ArtifactError

MIB = 2**20
Batch = tuple[Any, ...]  # of arrays [batch, ...]


class Program(NamedTuple):
    """A compiled function of arrays [batch, ...], and the batch size that it was compiled for."""

    run: Callable[..., Any]
    batch_size: int


def for_batches(
    function: Callable[..., Any], bound: Any, example: Callable[[int], Batch], batch_size: int, memory: float
) -> Program:
    """The function of (bound, *batch), compiled for batches of `batch_size` or fewer and bound to a pytree, its model.

    The size is rounded up to a multiple of the number of devices, and halved until a batch fits in `memory` MiB of each
    device by XLA's own account. example: makes the arguments for a batch size. Raises ArtifactError when the smallest
    batch does not fit.
    """
    size = devices.divisible(batch_size)
    while True:
        run, needed = compiled(function, bound, *devices.spread(example(size)))
        if needed <= memory * MIB:
            return Program(run, size)
        if size == devices.count():
            found = f"a batch of {size} needs {needed / MIB:.0f} MiB"
            raise ArtifactError(f"execution.memory_mib = {memory:g}: {found}; raise it, or take a smaller net")
        size = devices.divisible(size // 2)


def compiled(function: Callable[..., Any], bound: Any, *arguments: Any) -> tuple[Callable[..., Any], int]:
    """The function, compiled for such a batch and bound to a pytree, and the bytes that a call takes on each device."""
    bound = devices.everywhere(bound)
    program = jax.jit(function).lower(bound, *arguments).compile()
    account: Any = program.memory_analysis()
    taken = (account.temp_size_in_bytes, account.argument_size_in_bytes, account.output_size_in_bytes)
    return partial(program, bound), sum(taken)
