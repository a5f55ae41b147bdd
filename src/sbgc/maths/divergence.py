"""The divergence of a vector field, tr(df/dx), from Jacobian-vector products (Hutchinson 1990; maths/probes.py)."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths.probes import Probes
from sbgc.types import Scalar

Field = Callable[[Float[Array, "*shape"]], Float[Array, "*shape"]]


def value_and_divergence(
    field: Field, x: Float[Array, "*shape"], probes: Probes
) -> tuple[Float[Array, "*shape"], Scalar]:
    """field(x), and the mean of v' J v over k probes, for one evaluation, one linearization and k products with it."""
    if probes.shape[0] == 1:
        value, product = jax.jvp(field, (x,), (probes[0],))
        return value, jnp.sum(product * probes[0])
    value, push = jax.linearize(field, x)
    return value, jnp.mean(jax.vmap(lambda probe: jnp.sum(push(probe) * probe))(probes))


def value_and_shares(
    field: Field, x: Float[Array, "*shape"], probes: Probes
) -> tuple[Float[Array, "*shape"], Float[Array, "*shape"]]:
    """field(x), and what each component adds to the divergence: v_i (J v)_i, as a mean over probes.

    Their sum is the estimate of `value_and_divergence`. With probes whose mean of v v' is the identity they are the
    diagonal of J.
    """
    value, push = jax.linearize(field, x)
    return value, jnp.mean(jax.vmap(lambda probe: push(probe) * probe)(probes), axis=0)
