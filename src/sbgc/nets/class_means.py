"""The centers of classes in latent space: all of their numbers are free, or they have a low rank beyond the first.

Mackowiak et al. 2021 give the 1,000 classes of ImageNet free centers in the first 3,072 of 150,528 dimensions, those of
the means over pixels, and beyond them a low rank; otherwise the centers would have 150 million numbers.
"""

import math

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from sbgc.nets.fixed import FIXED

Means = Float[Array, "classes dim"]


class ClassMeans(nn.Module):
    """mu_y of every class.

    learned: whether training moves them. distance: between two of them before training, in root mean square. first,
    rank: beyond the first numbers, the matrix of all centers has this rank; None for a free matrix.
    """

    num_classes: int
    dimensions: int
    learned: bool
    distance: float
    first: int | None = None
    rank: int | None = None

    def setup(self) -> None:
        """Means begin in random directions."""
        std, rank = self.distance / math.sqrt(2.0 * self.dimensions), self.rank or 0
        first = self.dimensions if self.first is None else self.first
        self.free = self._numbers("means", (self.num_classes, first), std)
        if rank:
            self.weights = self._numbers("weights", (self.num_classes, rank), std / math.sqrt(rank))
            self.directions = self._numbers("directions", (rank, self.dimensions - first), 1.0)

    def __call__(self) -> Means:
        """[classes, D]."""
        if not self.rank:
            return self.free
        return jnp.concatenate([self.free, self.weights @ self.directions], axis=1)

    def logits(self, z: Float[Array, "batch dim"]) -> Float[Array, "batch classes"]:
        """z mu_y - |mu_y|^2 / 2, without the matrix of all means where it has a low rank.

        This is log N(z; mu_y, I) less what all classes share, and |z|^2 does not round it.
        """
        own = z[:, : self.free.shape[1]] @ self.free.T - 0.5 * (self.free**2).sum(axis=1)
        if not self.rank:
            return own
        along = (z[:, self.free.shape[1] :] @ self.directions.T) @ self.weights.T
        squares = ((self.weights @ (self.directions @ self.directions.T)) * self.weights).sum(axis=1)
        return own + along - 0.5 * squares

    def _numbers(self, name: str, shape: tuple[int, int], std: float) -> Array:
        begin = nn.initializers.normal(std)
        if self.learned:
            return self.param(name, begin, shape)
        return self.variable(FIXED, name, lambda: begin(self.make_rng("params"), shape)).value
