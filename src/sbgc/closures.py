"""Functions with what they close over as arguments.

A function of images closes over a model's weights. Compiled as it is, these are constants of the program: copied into
it, folded, and part of the key under which it is cached.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

Function = Callable[..., Any]


def opened(function: Function, *arguments: Any) -> tuple[Function, Any]:
    """A function of (arrays, *arguments), and the arrays that the given one closes over; for such arguments only."""
    arguments = jax.tree.map(jnp.asarray, arguments)  # a number would be taken for a part of the function
    # Wrapped, since equinox does not look into what closes over nothing but names of its module.
    converted = eqx.filter_closure_convert(lambda *given: function(*given), *arguments)
    arrays, rest = eqx.partition(converted, eqx.is_array)
    return lambda arrays, *given: eqx.combine(arrays, rest)(*given), arrays


def compiled(function: Function) -> Function:
    """The function, compiled once for each shape of its arguments."""
    programs: dict[Any, tuple[Function, Any]] = {}

    def call(*arguments: Any) -> Any:
        arguments = jax.tree.map(jnp.asarray, arguments)
        shapes = jax.tree.structure(arguments), *map(jax.typeof, jax.tree.leaves(arguments))
        if shapes not in programs:
            open_function, arrays = opened(function, *arguments)
            programs[shapes] = jax.jit(open_function), arrays
        program, arrays = programs[shapes]
        return program(arrays, *arguments)

    return call
