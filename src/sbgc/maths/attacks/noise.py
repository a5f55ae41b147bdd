"""Random perturbations as large as the bound: what an attack that follows a gradient must beat."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.protocol import Goal, Pixels, Seen
from sbgc.types import Scalar


class Luck(NamedTuple):
    """found: the image of the largest margin so far."""

    found: Pixels
    margin: Scalar
    number: Int[Array, ""]


@dataclass(frozen=True)
class Noise:
    """`steps` perturbations: random signs times epsilon in l_inf, random directions of length epsilon in l_2."""

    norm: str
    steps: int
    uses_gradient: ClassVar[bool] = False
    bounded: ClassVar[bool] = True

    @property
    def queries(self) -> int:
        """One a perturbation."""
        return self.steps

    def begin(self, goal: Goal) -> Luck:
        """The image itself, which no perturbation has misled yet."""
        return Luck(goal.image, jnp.asarray(-jnp.inf, goal.image.dtype), jnp.zeros((), jnp.int32))

    def asks(self, goal: Goal, state: Luck) -> Pixels:
        """The image with the next perturbation, clipped to the cube."""
        random = jax.random.normal(jax.random.fold_in(goal.key, state.number), goal.image.shape)
        moved = goal.image + goal.epsilon * balls.steepest(self.norm, random)
        return balls.project(self.norm, goal.image, moved, goal.epsilon)

    def told(self, goal: Goal, state: Luck, seen: Seen) -> Luck:
        """Keep what misleads most."""
        better = seen.margin > state.margin
        found = jnp.where(better, self.asks(goal, state), state.found)
        return Luck(found, jnp.where(better, seen.margin, state.margin), state.number + 1)

    def result(self, goal: Goal, state: Luck) -> Pixels:
        """The image of the largest margin."""
        return state.found
