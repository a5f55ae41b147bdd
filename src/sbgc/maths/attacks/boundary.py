"""The boundary attack: a walk along the decision boundary towards the image, by decisions alone (Brendel et al. 2018).

It starts at an image that has reached the goal, comes closer by bisection, and then goes on by random steps on the
sphere around the image, each followed by a small step inward. Both steps adapt to how often they succeed.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.protocol import Goal, Pixels, Seen
from sbgc.types import Scalar

BISECTIONS = 10
CHECKED = 5  # every so many queries ask for the step on the sphere alone
ADAPTED_AFTER = (10, 30)  # trials of the step on the sphere, and of both steps
TOO_EASY, TOO_HARD = (0.5, 0.25), (0.2, 0.1)  # shares of successes at which the steps grow or shrink
CHANGE = 1.5


class Rate(NamedTuple):
    """Successes and trials since the last change of a step."""

    successes: Scalar
    trials: Scalar


class March(NamedTuple):
    """here: the nearest point that reached the goal. failed: the share of the way to it that did not, by bisection.

    outward, inward: the two steps, relative to the distance. rates: of the step on the sphere, and of both.
    """

    here: Pixels
    failed: Scalar
    outward: Scalar
    inward: Scalar
    rates: tuple[Rate, Rate]
    number: Int[Array, ""]


@dataclass(frozen=True)
class Boundary:
    """`steps` queries. confidence: a margin of at least this is the goal. It reads no gradient."""

    steps: int
    first_step: float
    confidence: float
    norm: ClassVar[str] = "l2"
    uses_gradient: ClassVar[bool] = False
    bounded: ClassVar[bool] = False

    @property
    def queries(self) -> int:
        """One a step."""
        return self.steps

    def begin(self, goal: Goal) -> March:
        """The given start."""
        zero = jnp.zeros((), goal.image.dtype)
        first, none = zero + self.first_step, Rate(zero, zero)
        return March(goal.start, zero, first, first, (none, none), jnp.zeros((), jnp.int32))

    def asks(self, goal: Goal, state: March) -> Pixels:
        """The middle of what is left to bisect; then a step on the sphere, mostly with a step inward."""
        middle = goal.image + 0.5 * (1.0 + state.failed) * (state.here - goal.image)
        return jnp.where(state.number < BISECTIONS, middle, self._candidate(goal, state))

    def _candidate(self, goal: Goal, state: March) -> Pixels:
        """A step on the sphere in a random direction, and from there one towards the image."""
        towards = goal.image - state.here
        distance = jnp.maximum(balls.length(towards), balls.TINY)  # 0 where the image itself reaches the goal
        random = jax.random.normal(jax.random.fold_in(goal.key, state.number), towards.shape)
        random = random - jnp.sum(random * (towards / distance)) * (towards / distance)
        random = random * state.outward * distance / jnp.maximum(balls.length(random), balls.TINY)
        on_sphere = goal.image + (random - towards) / jnp.sqrt(1.0 + state.outward**2)
        on_sphere = jnp.clip(on_sphere, 0.0, 1.0)
        inward = goal.image + (1.0 - state.inward) * (on_sphere - goal.image)
        return jnp.where(self._checks(state), on_sphere, inward)

    def _checks(self, state: March) -> Array:
        return state.number % CHECKED == 0

    def told(self, goal: Goal, state: March, seen: Seen) -> March:
        """Move where the goal was reached closer to the image, and adapt the steps."""
        asked, reached = self.asks(goal, state), seen.margin >= self.confidence
        closer = balls.length(asked - goal.image) < balls.length(state.here - goal.image)
        here = jnp.where(reached & closer, asked, state.here)
        bisecting = state.number < BISECTIONS
        # The share of the way that failed is of the way to `here`, which is half as long after a success.
        middle = 0.5 * (1.0 + state.failed)
        failed = jnp.where(reached, state.failed / jnp.maximum(middle, balls.TINY), middle)
        walked = self._adapted(state, reached)
        moved = jax.tree.map(lambda new, old: jnp.where(bisecting, old, new), walked, state)
        return moved._replace(here=here, failed=jnp.where(bisecting, failed, 0.0), number=state.number + 1)

    def _adapted(self, state: March, reached: Array) -> March:
        """The steps after a trial of the step on the sphere, or of both."""
        rates, checks = list(state.rates), self._checks(state)
        factors = []
        for place, counts in enumerate((checks, ~checks)):
            rate = Rate(rates[place].successes + (counts & reached), rates[place].trials + counts)
            enough = rate.trials >= ADAPTED_AFTER[place]
            share = rate.successes / jnp.maximum(rate.trials, 1.0)
            grown = jnp.where(share > TOO_EASY[place], CHANGE, jnp.where(share < TOO_HARD[place], 1.0 / CHANGE, 1.0))
            factors.append(jnp.where(enough, grown, 1.0))
            rates[place] = jax.tree.map(lambda count, enough=enough: jnp.where(enough, 0.0, count), rate)
        # Where the sphere's step is too easy the boundary is flat there, and both may grow.
        outward = jnp.clip(state.outward * factors[0], 1e-4, 1.0)
        inward = jnp.clip(state.inward * factors[0] * factors[1], 1e-4, 0.5)
        return state._replace(outward=outward, inward=inward, rates=(rates[0], rates[1]))

    def result(self, goal: Goal, state: March) -> Pixels:
        """The nearest point that reached the goal."""
        return state.here
