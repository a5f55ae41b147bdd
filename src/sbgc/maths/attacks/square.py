"""The Square attack in l_inf: random squares of the perturbation's two extremes (Andriushchenko et al. 2020)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from sbgc.maths.attacks.protocol import Goal, Pixels, Seen
from sbgc.types import Key, Scalar

# The area of a square starts at a share of the image, and is halved after these shares of all queries (its section 5).
HALVED_AFTER = (0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8)


class Trial(NamedTuple):
    """best: the image of the highest loss. found: that of the largest margin. tried: the image that is asked for."""

    best: Pixels
    loss: Scalar
    found: Pixels
    margin: Scalar
    tried: Pixels
    number: Int[Array, ""]


@dataclass(frozen=True)
class Square:
    """`steps` queries; the first squares cover `area` of the image. It reads no gradient."""

    steps: int
    area: float
    norm: ClassVar[str] = "linf"
    uses_gradient: ClassVar[bool] = False
    bounded: ClassVar[bool] = True

    @property
    def queries(self) -> int:
        """One a step."""
        return self.steps

    def begin(self, goal: Goal) -> Trial:
        """Vertical stripes of the two extremes."""
        _, width, channels = goal.image.shape
        signs = jax.random.rademacher(jax.random.fold_in(goal.key, 0), (1, width, channels), goal.image.dtype)
        tried = jnp.clip(goal.image + goal.epsilon * signs, 0.0, 1.0)
        low = jnp.asarray(-jnp.inf, tried.dtype)
        return Trial(tried, low, tried, low, tried, jnp.zeros((), jnp.int32))

    def asks(self, goal: Goal, state: Trial) -> Pixels:
        """The image with one square more."""
        return state.tried

    def told(self, goal: Goal, state: Trial, seen: Seen) -> Trial:
        """Keep the square where the loss grew, and try the next one."""
        higher, better = seen.loss > state.loss, seen.margin > state.margin
        best, number = jnp.where(higher, state.tried, state.best), state.number + 1
        return Trial(
            best,
            jnp.where(higher, seen.loss, state.loss),
            jnp.where(better, state.tried, state.found),
            jnp.where(better, seen.margin, state.margin),
            self._with_square(goal, best, jax.random.fold_in(goal.key, number), number),
            number,
        )

    def _with_square(self, goal: Goal, best: Pixels, key: Key, number: Int[Array, ""]) -> Pixels:
        height, width, channels = best.shape
        halvings = (number >= jnp.asarray(HALVED_AFTER) * self.steps).sum()
        side = jnp.round(jnp.sqrt(self.area * 0.5**halvings * height * width))
        side = jnp.clip(side, 1, min(height, width)).astype(int)
        of_row, of_column, of_sign = jax.random.split(key, 3)
        top = jax.random.randint(of_row, (), 0, height - side + 1)
        left = jax.random.randint(of_column, (), 0, width - side + 1)
        signs = jax.random.rademacher(of_sign, (1, 1, channels), best.dtype)
        row, column = jnp.arange(height)[:, None, None], jnp.arange(width)[None, :, None]
        inside = (row >= top) & (row < top + side) & (column >= left) & (column < left + side)
        return jnp.where(inside, jnp.clip(goal.image + goal.epsilon * signs, 0.0, 1.0), best)

    def result(self, goal: Goal, state: Trial) -> Pixels:
        """The image of the largest margin."""
        return state.found
