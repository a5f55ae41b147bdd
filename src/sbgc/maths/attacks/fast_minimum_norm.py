"""The fast minimum-norm attack: a ball that shrinks where the goal is reached, else grows (Pintor et al. 2021)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.lengths import cosine
from sbgc.maths.attacks.protocol import Best, Goal, Pixels, Seen, nearer
from sbgc.types import Scalar

LARGEST_CHANGE, SMALLEST_CHANGE = 0.05, 1e-4  # of the radius in a step, the first and the last: gamma of the paper
SMALLEST_STEP = 0.01  # relative to the first: how far the cosine of the step's length falls


class Search(NamedTuple):
    """here: the point that is asked for. radius: of the ball. best: the nearest point that reached the goal."""

    here: Pixels
    radius: Scalar
    best: Best
    number: Int[Array, ""]


@dataclass(frozen=True)
class FastMinimumNorm:
    """`steps` steps, the first of the l_2 length `first_step`. confidence: a margin of at least this is the goal."""

    norm: str
    steps: int
    first_step: float
    confidence: float
    uses_gradient: ClassVar[bool] = True
    bounded: ClassVar[bool] = False

    @property
    def queries(self) -> int:
        """One a step."""
        return self.steps

    def begin(self, goal: Goal) -> Search:
        """The image itself, in a ball of any radius."""
        far = jnp.asarray(jnp.inf, goal.image.dtype)
        return Search(goal.image, far, Best(goal.image, far, jnp.asarray(False)), jnp.zeros((), jnp.int32))

    def asks(self, goal: Goal, state: Search) -> Pixels:
        """The point where it is."""
        return state.here

    def told(self, goal: Goal, state: Search, seen: Seen) -> Search:
        """Change the radius (algorithm 1 of the paper), then step along the gradient and into the ball."""
        away = state.here - goal.image
        size, reached = balls.size(self.norm, away), seen.margin >= self.confidence
        # Noise may have misled at the image itself. Where it does not mislead again, the search begins anew.
        lost = ~reached & (size == 0.0)
        kept = state.best._replace(size=jnp.where(lost, jnp.inf, state.best.size), found=state.best.found & ~lost)
        best = nearer(kept, state.here, size, reached)
        radius = self._radius(state, best, seen, size, reached)
        moved = state.here + self._step(state.number) * balls.steepest("l2", seen.gradient)
        return Search(balls.project(self.norm, goal.image, moved, radius), radius, best, state.number + 1)

    def _radius(self, state: Search, best: Best, seen: Seen, size: Scalar, reached: Array) -> Scalar:
        change = SMALLEST_CHANGE + (LARGEST_CHANGE - SMALLEST_CHANGE) * cosine(state.number, self.steps)
        # Until the goal is reached once, the radius is the distance to the boundary of the linearized loss, a margin.
        slope = jnp.maximum(balls.dual_size(self.norm, seen.gradient), balls.TINY)
        guessed = size + jnp.maximum(self.confidence - seen.loss, 0.0) / slope
        grown = jnp.where(best.found, state.radius * (1.0 + change), guessed)
        return jnp.where(reached, jnp.minimum(state.radius, best.size) * (1.0 - change), grown)

    def _step(self, number: Int[Array, ""]) -> Scalar:
        return self.first_step * (SMALLEST_STEP + (1.0 - SMALLEST_STEP) * cosine(number, self.steps))

    def result(self, goal: Goal, state: Search) -> Pixels:
        """The nearest point that reached the goal; the last one where none did."""
        return jnp.where(state.best.found, state.best.image, state.here)
