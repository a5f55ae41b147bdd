"""What an attack finds: for each image and bound the best of its rounds, and the split that is made of them."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from sbgc.artifacts import Split
from sbgc.maths.attacks.protocol import Attack

# More than any size of a perturbation, of an image that misleads by less than is wanted, and of one that does not.
MISLEADS, WORSE_THAN_ANY = np.float32(1e4), np.float32(1e6)


@dataclass(frozen=True)
class Plan:
    """An attack and how often it is tried.

    epsilons: its bounds, ascending, on the scale where grey levels 0..L-1 are 0..1; none for an attack that looks for
    the least perturbation. restarts: from new starts. targets: how many of the strongest wrong classes are aimed at,
    each in turn; 0 for none. rivals: wrong classes that are scored at a step, where classes cost one by one. enough:
    the margin from which on an image is attacked no further within larger bounds and in other rounds.
    """

    attack: Attack
    epsilons: tuple[float, ...]
    restarts: int
    targets: int
    rivals: int
    enough: float

    @property
    def bounds(self) -> tuple[float, ...]:
        """The bounds, or an infinite one."""
        return self.epsilons if self.attack.bounded else (math.inf,)

    @property
    def rounds(self) -> int:
        """How often an image is attacked within a bound."""
        return self.restarts * max(self.targets, 1)

    def unfinished(self, found: "Found", bound: int, number: int) -> np.ndarray:
        """The images that a round attacks: all in the first one, and by an attack on the least perturbation."""
        if not self.attack.bounded or (bound == 0 and number == 0):
            return np.ones(found.margin.shape[1], bool)
        return found.margin[bound] < self.enough

    def value(self, margin: np.ndarray, size: np.ndarray) -> np.ndarray:
        """How good an attacked image is: its margin; of least perturbations the smallest with the wanted margin."""
        if self.attack.bounded:
            return margin
        unsure = np.where(margin > 0.0, margin - MISLEADS, margin - WORSE_THAN_ANY)
        return np.where(margin >= getattr(self.attack, "confidence", 0.0), -size, unsure)


class Found(NamedTuple):
    """By bound and image: the best attacked image, its margin over all classes, and how good it is.

    flat: the number of steps at which the gradient was zero, of the best round. outside: whether the strongest rival of
    the end was not among the classes that the last step scored. turns: rounds in which the image was attacked.
    """

    images: np.ndarray
    margin: np.ndarray
    value: np.ndarray
    flat: np.ndarray
    outside: np.ndarray
    turns: np.ndarray

    def carried(self, bound: int) -> "Found":
        """What was found within the bound before this one lies within this one, too."""
        arrays = [array.copy() for array in self]
        for array in arrays[:-1]:
            array[bound] = array[bound - 1]
        return Found(*arrays)


def nothing(images: np.ndarray, bounds: int) -> Found:
    """Before the first round."""
    shape = (bounds, len(images))
    low, zero = np.full(shape, -np.inf, np.float32), np.zeros(shape, np.float32)
    clean = np.broadcast_to(images, (*shape, *images.shape[1:])).copy()
    return Found(clean, low, low, zero, np.zeros(shape, bool), np.zeros(shape, np.int32))


def better(found: Found, bound: int, rows: np.ndarray, new: tuple[np.ndarray, ...]) -> Found:
    """What is known after a round of some images: of each the better one. Copies at the end of a batch do not count."""
    arrays = [array.copy() for array in found]
    rows, first = np.unique(rows, return_index=True)
    better = new[2][first] > found.value[bound, rows]
    for array, values in zip(arrays, new, strict=False):
        array[bound, rows[better]] = values[first[better]]
    arrays[-1][bound, rows] += 1
    return Found(*arrays)


def attacked_split(split: Split, found: Found, plan: Plan, levels: int, queries: int, random_wins: np.ndarray) -> Split:
    """The attacked images: float32 in grey levels [0, L-1], stacked over bounds, with what is known of each.

    Columns: epsilon, the bound, NaN without one; success, whether the attacked classifier is misled; margin, by how
    much; norm_linf and norm_l2 of the perturbation, on the scale of epsilon; queries, and gradients among them, 0 where
    a smaller bound was enough; flat, the share of steps without a gradient; outside, whether the strongest rival of the
    end was not looked at; random_wins, as the engine tells it. queries: of one round.
    """
    bounds, count = found.margin.shape
    stack = split.take(np.tile(np.arange(count), bounds))
    images = np.float32(levels - 1) * found.images.reshape(stack.images.shape)
    away = (images.astype(float) - stack.images.astype(float)).reshape(len(stack), -1) / (levels - 1)
    epsilons = plan.epsilons if plan.attack.bounded else (math.nan,)
    gradients = plan.attack.queries if plan.attack.uses_gradient else 0
    columns = stack.columns | {
        "epsilon": np.repeat(np.asarray(epsilons, float), count),
        "success": found.margin.ravel() > 0.0,
        "margin": found.margin.ravel(),
        "norm_linf": np.abs(away).max(axis=1),
        "norm_l2": np.linalg.norm(away, axis=1),
        "queries": queries * found.turns.ravel().astype(int),
        "gradients": gradients * found.turns.ravel().astype(int),
        "flat": found.flat.ravel() / plan.attack.queries,
        "outside": found.outside.ravel(),
        "random_wins": np.tile(random_wins, bounds),
    }
    return replace(stack, images=images, columns=columns)


def unattacked(split: Split) -> Split:
    """The images before any attack, in the form of attacked ones; nothing is known of success and margin."""
    count, images = len(split), split.images.astype(np.float32)
    names = ("epsilon", "norm_linf", "norm_l2", "flat")
    columns = {name: np.zeros(count) for name in names} | {"margin": np.full(count, np.nan, np.float32)}
    columns |= {"random_wins": np.full(count, np.nan)}
    columns |= {name: np.zeros(count, bool) for name in ("success", "outside")}
    columns |= {name: np.zeros(count, int) for name in ("queries", "gradients")}
    return replace(split, images=images, columns=split.columns | columns)
