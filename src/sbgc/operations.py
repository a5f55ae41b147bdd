"""How many operations a function takes, counted by XLA before it optimizes; nothing is compiled or run."""

from typing import Any

import jax


def count(function: Any, *arguments: Any) -> float | None:
    """The floating-point operations of a jitted function of such arguments; None where no backend counts them.

    A loop counts as one pass through its body. The function is lowered for the CPU, since other backends may not count.
    """
    with jax.default_device(_counting_device()):
        found: Any = function.lower(*arguments).cost_analysis()
    return float(found["flops"]) if found and "flops" in found else None


def _counting_device() -> jax.Device | None:
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError:  # JAX_PLATFORMS leaves the CPU out
        return None
