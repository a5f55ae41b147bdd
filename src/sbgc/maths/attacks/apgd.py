"""Auto-PGD: projected ascent with momentum, whose step is halved where it stops paying (Croce & Hein 2020)."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.protocol import Goal, Pixels, Seen
from sbgc.types import Scalar

MOMENTUM = 0.75  # the weight of the new step: alpha of the paper
PAYING = 0.75  # the share of steps that must increase the loss: rho of the paper
FIRST_STEP = 2.0  # relative to epsilon
FIRST_WINDOW, SHRINKING, LEAST_WINDOW = 0.22, 0.03, 0.06  # of all steps: lengths between two checkpoints


class Point(NamedTuple):
    """A point, and what was seen there."""

    x: Pixels
    loss: Scalar
    gradient: Pixels


class Ascent(NamedTuple):
    """here: the point that is asked for. earlier: the one before it, and its loss. top: the highest loss so far.

    found: the point of the largest margin so far. step: its length relative to epsilon. increases: of the loss since
    the last checkpoint. kept: the step and the highest loss at that checkpoint.
    """

    here: Pixels
    earlier: Pixels
    earlier_loss: Scalar
    top: Point
    found: Pixels
    margin: Scalar
    step: Scalar
    increases: Int[Array, ""]
    kept: tuple[Scalar, Scalar]
    number: Int[Array, ""]


@dataclass(frozen=True)
class APGD:
    """Auto-PGD in a norm with `steps` steps. The point of the largest margin counts."""

    norm: str
    steps: int
    uses_gradient: ClassVar[bool] = True
    bounded: ClassVar[bool] = True

    @property
    def queries(self) -> int:
        """One at the start, and one a step."""
        return self.steps + 1

    @cached_property
    def windows(self) -> np.ndarray:
        """For each step the number of steps since the last checkpoint where it is a checkpoint itself, else 0."""
        found = np.zeros(self.steps + 1, np.int32)
        window, last = max(int(FIRST_WINDOW * self.steps), 1), 0
        while last + window <= self.steps:
            last += window
            found[last] = window
            shrunk = window - max(int(SHRINKING * self.steps), 1)
            window = max(shrunk, int(LEAST_WINDOW * self.steps), 1)
        return found

    def begin(self, goal: Goal) -> Ascent:
        """A point uniform in the ball."""
        away = goal.epsilon * balls.unit_start(self.norm, goal.key, goal.image.shape)
        here = balls.project(self.norm, goal.image, goal.image + away, goal.epsilon)
        low, first = jnp.asarray(-jnp.inf, here.dtype), jnp.asarray(FIRST_STEP, here.dtype)
        none = jnp.zeros((), jnp.int32)
        top = Point(here, low, jnp.zeros_like(here))
        return Ascent(here, here, low, top, here, low, first, none, (first, low), none)

    def asks(self, goal: Goal, state: Ascent) -> Pixels:
        """The point where it is."""
        return state.here

    def told(self, goal: Goal, state: Ascent, seen: Seen) -> Ascent:
        """Remember the point, halve the step at a checkpoint where it did not pay, and take the next step."""
        higher, better = seen.loss > state.top.loss, seen.margin > state.margin
        here = Point(state.here, seen.loss, seen.gradient)
        top = jax.tree.map(lambda new, old: jnp.where(higher, new, old), here, state.top)
        # The first question is of the start, and no step led there.
        increases = state.increases + ((seen.loss > state.earlier_loss) & (state.number > 0))
        window = jnp.asarray(self.windows)[jnp.minimum(state.number, self.steps)]
        checkpoint = window > 0
        stuck = (state.kept[0] == state.step) & (state.kept[1] == top.loss)
        halved = checkpoint & ((increases < PAYING * window) | stuck)
        step = jnp.where(halved, 0.5 * state.step, state.step)
        here = jax.tree.map(lambda best, now: jnp.where(halved, best, now), top, here)
        return Ascent(
            here=self._next(goal, here, state.earlier, step, state.number),
            earlier=here.x,
            earlier_loss=here.loss,
            top=top,
            found=jnp.where(better, state.here, state.found),
            margin=jnp.where(better, seen.margin, state.margin),
            step=step,
            increases=jnp.where(checkpoint, 0, increases),
            kept=jax.tree.map(lambda new, old: jnp.where(checkpoint, new, old), (state.step, top.loss), state.kept),
            number=state.number + 1,
        )

    def _next(self, goal: Goal, here: Point, earlier: Pixels, step: Scalar, number: Int[Array, ""]) -> Pixels:
        """A projected step, and momentum from the second one on (eq. 3 of the paper)."""
        ahead = here.x + step * goal.epsilon * balls.steepest(self.norm, here.gradient)
        ahead = balls.project(self.norm, goal.image, ahead, goal.epsilon)
        weight = jnp.where(number == 0, 1.0, MOMENTUM)
        moved = here.x + weight * (ahead - here.x) + (1.0 - weight) * (here.x - earlier)
        return balls.project(self.norm, goal.image, moved, goal.epsilon)

    def result(self, goal: Goal, state: Ascent) -> Pixels:
        """The point of the largest margin."""
        return state.found
