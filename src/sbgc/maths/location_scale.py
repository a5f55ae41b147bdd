"""Densities of one number with location 0 and scale 1, as the priors of flows take them (Fetaya et al. 2020, C.1).

The mixtures are of two densities of each number, with the same location and scale and a half of the weight each.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.types import Key

Values = Float[Array, "*shape"]


def normal(x: Values) -> Values:
    """log of exp(-x^2 / 2) / sqrt(2 pi)."""
    return -0.5 * x**2 - 0.5 * math.log(2.0 * math.pi)


def laplace(x: Values) -> Values:
    """log of exp(-|x|) / 2."""
    return -jnp.abs(x) - math.log(2.0)


def cauchy(x: Values) -> Values:
    """log of 1 / (pi (1 + x^2))."""
    return -jnp.log1p(x**2) - math.log(math.pi)


def mixed(other: Callable[[Values], Values]) -> Callable[[Values], Values]:
    """log of the mean of the Gaussian's density and another one's."""
    return lambda x: jnp.logaddexp(normal(x), other(x)) - math.log(2.0)


LOG_DENSITIES: dict[str, Callable[[Values], Values]] = {
    "normal": normal,
    "laplace": laplace,
    "cauchy": cauchy,
    "normal_laplace": mixed(laplace),
    "normal_cauchy": mixed(cauchy),
}
SAMPLERS = {"normal": jax.random.normal, "laplace": jax.random.laplace, "cauchy": jax.random.cauchy}


def sample(family: str, key: Key, shape: tuple[int, ...]) -> Values:
    """Independent numbers of a family."""
    choice, *parts = jax.random.split(key, 3)
    names = family.split("_")
    drawn = [SAMPLERS[name](part, shape) for name, part in zip(names, parts, strict=False)]
    if len(drawn) == 1:
        return drawn[0]
    first, second = drawn
    return jnp.where(jax.random.bernoulli(choice, 0.5, shape), first, second)
