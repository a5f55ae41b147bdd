"""Where in an image, and at which noise level, two classes differ: the integrand of their gap in log p(x|y).

On the fixed grid log p(z|y) is a sum over nodes of the divergence, to which every pixel adds v_i (J v)_i, and over
pixels of the prior's log-density at the end of the path. All other terms are the same for both classes, so that the
differences of these parts add up to log p(z|a) - log p(z|b).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.maths import divergence, fixed_grid
from sbgc.maths.fixed_grid import Carry, NoisePrediction, Point, probes_at
from sbgc.maths.grids import Grid, Node, at
from sbgc.maths.sde import SDE
from sbgc.types import Draw, Key


class GapMap(NamedTuple):
    """The parts of log p(z|a) - log p(z|b) in nats.

    path: of each node of the grid and each pixel [nodes, *shape]. end: of each pixel at the largest noise [*shape].
    """

    path: Float[Array, "nodes *shape"]
    end: Point


def gap_map(
    sde: SDE,
    a: NoisePrediction,
    b: NoisePrediction,
    z: Point,
    key: Key,
    grid: Grid,
    num_probes: int,
    family: str,
    draw: Draw = 0,
) -> GapMap:
    """The map of the gap between two classes, by the probes with which `fixed_grid.log_prob` estimates either."""
    grid = grid.as_dtype(z.dtype)
    of_a, of_b = (_parts(sde, eps_hat, z, key, grid, num_probes, family, draw) for eps_hat in (a, b))
    return GapMap(*jax.tree.map(jnp.subtract, of_a, of_b))


def _parts(
    sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, grid: Grid, num_probes: int, family: str, draw: Draw
) -> tuple[Array, Array]:
    """What depends on the class in log p(z|y): along the path [nodes, *shape], and at its end [*shape]."""

    def body(carry: Carry, xs: tuple[Node, Array]) -> tuple[Carry, Array]:
        node, number = xs
        drawn = probes_at(key, draw, number, family, num_probes, z)
        linearize, share = divergence.value_and_shares, 1.0 / z.size
        after = fixed_grid.advance(eps_hat, node, grid.coordinates, carry, drawn, linearize, share)
        return after, after.log_det - carry.log_det

    start = fixed_grid.start(grid, z)._replace(log_det=jnp.zeros_like(z))
    carry, path = jax.lax.scan(body, start, (grid.nodes, jnp.arange(len(grid.nodes.t))))
    x = fixed_grid.position(at(grid.nodes, -1), grid.coordinates, carry.w)
    return path, -0.5 * (x / sde.prior_std()) ** 2
