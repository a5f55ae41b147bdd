"""Projected gradient descent from a random start (Madry et al. 2018)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.lengths import cosine
from sbgc.maths.attacks.protocol import Goal, Pixels, Seen
from sbgc.types import Scalar


class Walk(NamedTuple):
    """here: the point that is asked for. number: of the steps that are done."""

    here: Pixels
    number: Int[Array, ""]


@dataclass(frozen=True)
class PGD:
    """`steps` steps; the point after the last one counts, as in Foolbox.

    relative_step: the length of the first step, as a share of epsilon. last_step: that of the last one, to which steps
    fall along half a cosine; None where all have one length. Where gradients are noisy, short last steps average over
    the noise, and the walk comes nearer to the largest loss.
    """

    norm: str
    steps: int
    relative_step: float
    last_step: float | None = None
    uses_gradient: ClassVar[bool] = True
    bounded: ClassVar[bool] = True

    @property
    def queries(self) -> int:
        """One a step."""
        return self.steps

    def begin(self, goal: Goal) -> Walk:
        """A point uniform in the ball, then clipped to the cube."""
        away = goal.epsilon * balls.unit_start(self.norm, goal.key, goal.image.shape)
        here = balls.project(self.norm, goal.image, goal.image + away, goal.epsilon)
        return Walk(here, jnp.zeros((), jnp.int32))

    def asks(self, goal: Goal, state: Walk) -> Pixels:
        """The point where it is."""
        return state.here

    def told(self, goal: Goal, state: Walk, seen: Seen) -> Walk:
        """One step along the steepest direction."""
        length = self._length(state.number) * goal.epsilon
        moved = state.here + length * balls.steepest(self.norm, seen.gradient)
        return Walk(balls.project(self.norm, goal.image, moved, goal.epsilon), state.number + 1)

    def _length(self, number: Int[Array, ""]) -> Scalar | float:
        if self.last_step is None:
            return self.relative_step
        return self.last_step + (self.relative_step - self.last_step) * cosine(number, self.steps)

    def result(self, goal: Goal, state: Walk) -> Pixels:
        """The point after the last step."""
        return state.here
