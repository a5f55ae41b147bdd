"""The l_2 attack of Carlini & Wagner 2017: the least squared distance plus a weighted penalty, by Adam.

With x = (1 + tanh w) / 2 every w is an image. Minimized over w is

    |x - image|^2 + c max(kappa - margin(x), 0) + d max(excess(x), 0)

for weights c that a bisection finds for each image: the smallest that reaches the goal. excess is how far log p(x) is
outside of what a detector accepts (Carlini & Wagner 2017, "Adversarial examples are not easily detected"; Fetaya et al.
2020, section 4.3; Mackowiak et al. 2021, eq. 11 and 12). Without a detector the last term is zero.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Int

from sbgc.maths.attacks.protocol import Best, Goal, Pixels, Seen, nearer
from sbgc.types import Scalar

INSIDE = 0.999999  # what of the cube tanh can reach in float32
UNBOUNDED = 1e10  # of the weight, until the goal is reached once


class Bisection(NamedTuple):
    """w: of the point that is asked for. moments: Adam's. weight, low, high: c and its bounds.

    reached: whether the goal was reached with this weight. number: of the step, over all weights.
    """

    w: Pixels
    moments: Any
    weight: Scalar
    low: Scalar
    high: Scalar
    reached: Bool[Array, ""]
    best: Best
    number: Int[Array, ""]


@dataclass(frozen=True)
class CarliniWagner:
    """`searches` weights with `steps` steps each.

    confidence: kappa, the margin that is aimed at; infinite for one as large as the weight pays for. detector_weight:
    d; None for the same as c, and then the goal is to pass the detector, too.
    """

    steps: int
    searches: int
    learning_rate: float
    first_weight: float
    confidence: float
    detector_weight: float | None = None
    norm: ClassVar[str] = "l2"
    uses_gradient: ClassVar[bool] = True
    bounded: ClassVar[bool] = False

    @property
    def queries(self) -> int:
        """One a step of each weight."""
        return self.steps * self.searches

    def begin(self, goal: Goal) -> Bisection:
        """The image itself."""
        w, zero = _logit(goal.image), jnp.zeros((), goal.image.dtype)
        best = Best(goal.image, zero + jnp.inf, jnp.asarray(False))
        number, high = jnp.zeros((), jnp.int32), zero + UNBOUNDED
        return Bisection(w, self._adam.init(w), zero + self.first_weight, zero, high, jnp.asarray(False), best, number)

    def asks(self, goal: Goal, state: Bisection) -> Pixels:
        """The point of w."""
        return _image(state.w)

    def told(self, goal: Goal, state: Bisection, seen: Seen) -> Bisection:
        """One step of Adam; after the last one of a weight, the next weight from the image on."""
        x, pull = jax.vjp(_image, state.w)
        misled, passed = seen.margin >= self.confidence, seen.excess <= 0.0
        given = self.detector_weight
        reached, weight = (misled & passed, state.weight) if given is None else (misled, given)
        cost = jnp.sum((x - goal.image) ** 2) + (given or 0.0) * jnp.maximum(seen.excess, 0.0)
        best = nearer(state.best, x, cost, reached)
        slope = 2.0 * (x - goal.image) - jnp.where(misled, 0.0, state.weight) * seen.gradient
        slope = slope + jnp.where(passed, 0.0, weight) * seen.excess_gradient
        update, moments = self._adam.update(pull(slope)[0], state.moments)
        went = state._replace(w=state.w + update, moments=moments, reached=state.reached | reached, best=best)
        again = self._with_next_weight(goal, went)
        done = ((state.number + 1) % self.steps == 0) & (state.number + 1 < self.queries)
        after = jax.tree.map(lambda new, old: jnp.where(done, new, old), again, went)
        return after._replace(number=state.number + 1)

    def _with_next_weight(self, goal: Goal, state: Bisection) -> Bisection:
        """Bisect where a weight reached the goal before; else take ten times the weight."""
        high = jnp.where(state.reached, jnp.minimum(state.high, state.weight), state.high)
        low = jnp.where(state.reached, state.low, jnp.maximum(state.low, state.weight))
        weight = jnp.where(high < UNBOUNDED, 0.5 * (low + high), jnp.minimum(10.0 * state.weight, UNBOUNDED))
        return self.begin(goal)._replace(weight=weight, low=low, high=high, best=state.best)

    @property
    def _adam(self) -> optax.GradientTransformation:
        return optax.adam(self.learning_rate)

    def result(self, goal: Goal, state: Bisection) -> Pixels:
        """The nearest point that reached the goal, with a given d the one that pays least; the last one without one."""
        return jnp.where(state.best.found, state.best.image, _image(state.w))


def _image(w: Pixels) -> Pixels:
    return 0.5 * (1.0 + jnp.tanh(w))


def _logit(image: Pixels) -> Pixels:
    """w of an image, whose darkest and brightest pixels are moved a little into the cube."""
    return jnp.arctanh(INSIDE * (2.0 * image - 1.0))
