"""Estimators of the divergence of a vector field, tr(df/dx), from Jacobian-vector products.

Hutchinson (1990): E v' J v = tr J for any v with E v v' = I. Rademacher probes leave only the off-diagonal of J as
variance; with as many probes as dimensions the scaled unit vectors make it exact.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Key, Scalar

Field = Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]]
Probes = Float[Array, "k *shape"]


def rademacher(key: Key, num_probes: int, shape: tuple[int, ...], dtype: jnp.dtype = jnp.float32) -> Probes:
    """Random signs; with num_probes >= D the D scaled unit vectors, whose mean of v' J v is the trace itself."""
    dim = math.prod(shape)
    if num_probes >= dim:
        return (jnp.sqrt(jnp.asarray(dim, dtype)) * jnp.eye(dim, dtype=dtype)).reshape(dim, *shape)
    return jax.random.rademacher(key, (num_probes, *shape), dtype)


def value_and_divergence(
    field: Field, x: Float[Array, "*shape"], probes: Probes
) -> tuple[Float[Array, "*shape"], Scalar]:
    """field(x) and the mean of v' J v over the probes: one evaluation, one linearization, k products with it."""
    if probes.shape[0] == 1:
        value, product = jax.jvp(field, (x,), (probes[0],))
        return value, jnp.sum(product * probes[0])
    value, push = jax.linearize(field, x)
    return value, jnp.mean(jax.vmap(lambda probe: jnp.sum(push(probe) * probe))(probes))
