"""Projected gradient descent from a random start (Madry et al. 2018)."""

from dataclasses import dataclass
from typing import ClassVar

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.protocol import Goal, Pixels, Seen


@dataclass(frozen=True)
class PGD:
    """`steps` steps of the length relative_step * epsilon; the point after the last step counts, as in Foolbox."""

    norm: str
    steps: int
    relative_step: float
    uses_gradient: ClassVar[bool] = True
    bounded: ClassVar[bool] = True

    @property
    def queries(self) -> int:
        """One a step."""
        return self.steps

    def begin(self, goal: Goal) -> Pixels:
        """A point uniform in the ball, then clipped to the cube."""
        away = goal.epsilon * balls.unit_start(self.norm, goal.key, goal.image.shape)
        return balls.project(self.norm, goal.image, goal.image + away, goal.epsilon)

    def asks(self, goal: Goal, state: Pixels) -> Pixels:
        """The point where it is."""
        return state

    def told(self, goal: Goal, state: Pixels, seen: Seen) -> Pixels:
        """One step along the steepest direction."""
        moved = state + self.relative_step * goal.epsilon * balls.steepest(self.norm, seen.gradient)
        return balls.project(self.norm, goal.image, moved, goal.epsilon)

    def result(self, goal: Goal, state: Pixels) -> Pixels:
        """The point after the last step."""
        return state
