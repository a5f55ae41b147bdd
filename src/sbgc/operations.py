"""How many operations a function takes, counted by XLA before it optimizes; nothing is compiled or run."""

from typing import Any

import jax

from sbgc import devices


def count(function: Any, *arguments: Any) -> float | None:
    """The floating-point operations of a jitted function of such arguments; None where no backend counts them.

    A loop counts as one pass through its body. The function is lowered for the CPU, since other backends may not count.
    """
    with jax.default_device(devices.host()):
        found: Any = function.lower(*arguments).cost_analysis()
    return float(found["flops"]) if found and "flops" in found else None
