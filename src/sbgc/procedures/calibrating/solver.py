"""log p of some pairs of an image and a class on any grid, with one fixed probe for each image at all nodes.

With fixed probes the solution is a deterministic function of the path, and all that differs between two grids is their
error. Grids are padded to one size and are arguments, so that all of them share a compiled program.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sbgc.keys import key_for
from sbgc.maths import fixed_grid, grids, probes
from sbgc.maths.coordinates import Coordinates
from sbgc.maths.grids import Grid, Placement

Values = Float[np.ndarray, " pairs"]


class Pairs(NamedTuple):
    """Images z [n, H, W, C] on [-1, 1)^D, classes [n], and the numbers of the images [n], which give the probes."""

    z: Float[np.ndarray, "n height width channels"]
    labels: Int[np.ndarray, " n"]
    numbers: Int[np.ndarray, " n"]

    def take(self, rows: np.ndarray) -> "Pairs":
        """Some of them, in that order."""
        return Pairs(*(values[rows] for values in self))

    def batches(self, size: int) -> "Iterator[Pairs]":
        """All of them, `size` at a time. The last batch is filled up with copies of the last pair."""
        count = len(self.labels)
        for first in range(0, count, size):
            yield self.take(np.minimum(np.arange(first, first + size), count - 1))


class Solver:
    """The solutions of a model's probability flow in given coordinates, on grids of at most `most` nodes.

    num_probes: Hadamard probes of each image, a power of two. batch_size: pairs at a time.
    """

    def __init__(
        self, model: Any, coordinates: Coordinates, seed: int, num_probes: int, most: int, batch_size: int
    ) -> None:
        self.model, self.coordinates, self.seed = model, coordinates.as_dtype(jnp.float32), seed
        self.num_probes, self.most, self.batch_size = num_probes, most, batch_size

    def solve(self, pairs: Pairs, nodes: int, placement: Placement) -> tuple[Values, np.ndarray]:
        """log p [n] in nats of a density of z, and the divergence in log(sigma / alpha) [n, nodes] at every node."""
        count = len(pairs.labels)
        points = self.grid(nodes, placement).nodes
        filled = (np.pad(column, (0, self.most - nodes), mode="edge").astype(np.float32) for column in points)
        padded = Grid(grids.Node(*filled), self.coordinates)
        found = [
            _solutions(self.num_probes, self.model, padded, nodes, *batch, self.seed)
            for batch in pairs.batches(self.batch_size)
        ]
        values, rates = (np.concatenate(parts)[:count].astype(float) for parts in zip(*found, strict=True))
        return values, rates[:, :nodes]

    def values(self, pairs: Pairs, nodes: int, placement: Placement) -> Values:
        """log p [n] alone."""
        return self.solve(pairs, nodes, placement)[0]

    def grid(self, nodes: int, placement: Placement) -> Grid:
        """The grid of that many nodes."""
        return grids.grid(self.model.sde, nodes, placement, self.coordinates)


@partial(jax.jit, static_argnums=0)
def _solutions(
    num_probes: int, model: Any, grid: Grid, count: Array, z: Array, labels: Array, index: Array, seed: Array
) -> Any:
    return jax.vmap(partial(_solution, num_probes, model, grid, count, seed))(z, labels, index)


def _solution(
    num_probes: int, model: Any, grid: Grid, count: Array, seed: Array, z: Array, label: Array, index: Array
) -> Any:
    drawn = probes.draw("hadamard", key_for(seed, "calibration", index), num_probes, z.shape, z.dtype, 0)

    def body(number: Array, found: Any) -> Any:
        carry, rates = found
        node = grids.at(grid.nodes, number)
        after = fixed_grid.advance(lambda z, t: model.eps_hat(z, t, label), node, grid.coordinates, carry, drawn)
        rate = (after.log_det - carry.log_det) / (node.weight * node.speed)
        return after, rates.at[number].set(rate)

    carry, rates = jax.lax.fori_loop(0, count, body, (fixed_grid.start(grid, z), jnp.zeros_like(grid.nodes.t)))
    return fixed_grid.finish(model.sde, grid, carry), rates
