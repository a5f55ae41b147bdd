"""What every attack on the input of a classifier is: a machine that asks for one image at a time, and is told of it.

An attack never calls the classifier. It names the image that it wants to know about (`asks`), and is told what the
classifier makes of it (`told`). So one loop outside serves every attack and every classifier, also one whose gradient
cannot be traced; all state lies in arrays, which can be kept and taken up again; and queries are counted in one place.

Images are on the scale where grey levels 0..L-1 are 0..1. Everything here is of one image and is mapped over a batch.
"""

from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sbgc.types import Key, Scalar

Pixels = Float[Array, "height width channels"]  # of grey levels scaled to [0, 1]
State = Any  # a pytree of arrays of one shape from the first step to the last


class Seen(NamedTuple):
    """What the classifier makes of an image that an attack has asked for.

    loss: what the attack makes large. margin: in nats for a density; positive where the attack has reached its goal.
    gradient: of the loss in the image; zeros for an attack that takes none. excess: by how many nats log p(x) lies
    outside what a detector accepts, for an attack that weighs the detector by itself; else zero. excess_gradient: in
    the image.
    """

    loss: Scalar
    margin: Scalar
    gradient: Pixels
    excess: Scalar
    excess_gradient: Pixels


class Goal(NamedTuple):
    """What is attacked: the image, the bound of its perturbation, a start, and the image's own key.

    epsilon: infinite for an attack that looks for the least perturbation. start: an image that has reached the goal,
    for attacks that walk in from there; others do not read it.
    """

    image: Pixels
    epsilon: Scalar
    start: Pixels
    key: Key


@runtime_checkable
class Attack(Protocol):
    """An attack with its settings. Hashable, so that compiled programs know it again."""

    uses_gradient: ClassVar[bool]
    bounded: ClassVar[bool]  # whether it is given the size of a perturbation; else it looks for the least

    @property
    def norm(self) -> str:
        """Of perturbations: linf or l2."""
        ...

    @property
    def queries(self) -> int:
        """How many images it asks for."""
        ...

    def begin(self, goal: Goal) -> State:
        """The state before the first question."""
        ...

    def asks(self, goal: Goal, state: State) -> Pixels:
        """The image it wants to know about."""
        ...

    def told(self, goal: Goal, state: State, seen: Seen) -> State:
        """The state after the answer."""
        ...

    def result(self, goal: Goal, state: State) -> Pixels:
        """The attacked image."""
        ...


class Best(NamedTuple):
    """The nearest image so far that has reached the goal, if there is one."""

    image: Pixels
    size: Scalar  # of its perturbation; infinite before one is found
    found: Bool[Array, ""]


def nearer(best: Best, x: Pixels, size: Scalar, reached: Bool[Array, ""]) -> Best:
    """The best image after x, whose perturbation has this size, was seen."""
    better = reached & (size < best.size)
    return Best(jnp.where(better, x, best.image), jnp.where(better, size, best.size), best.found | reached)
