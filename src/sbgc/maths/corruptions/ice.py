"""Drawn panes of ice, in place of the photographs of frost that CIFAR-10-C was made with.

Ferns of ice grow all over the window: bending stems with side branches at 60 degrees, as ice crystals have them, which
branch again. An uneven haze lies between them. What is made with these panes is "CIFAR-10-C style", never CIFAR-10-C.
"""

import functools
import math

import cv2
import numpy as np

from sbgc.keys import generator_for
from sbgc.maths.corruptions.fractal import plasma
from sbgc.maths.corruptions.scale import in_channels

PANES, PANE_SIDE = 5, 256  # CIFAR-10-C: five photographs, at a fifth of their size
FERNS = 40  # on a pane of that side
STEM = (40.0, 110.0)  # pixels, shortest and longest
BRANCHING = math.radians(60.0)
SHRINK = 0.38  # the length of a branch over what is left of the stem that it grows on
JOINT = 4.0  # pixels of a stem between two pairs of branches
SHORTEST = 3.0
DARK, HAZE, FERN = 0.15, 0.4, 0.6  # the brightness everywhere, and the most that haze and ferns add to it
TINT = (0.86, 0.94, 1.0)  # ice is a little blue


@functools.cache
def pane(number: int, channels: int, side: int = PANE_SIDE) -> np.ndarray:
    """Pane 0 to PANES - 1, [side, side, channels] on [0, 1], the same at every call; side: 256 times a power of two.

    A larger pane shows more ferns of the same size, as many for its area. Each side has panes of its own.
    """
    drawn = _drawn(side, generator_for(0, "frost-pane", number, side - PANE_SIDE))
    return drawn[..., None] * in_channels(TINT, np.empty((1, 1, channels)))


def pane_side(pixels: int) -> int:
    """The side of the smallest pane that holds an image of this many pixels a side."""
    return max(PANE_SIDE, 1 << (pixels - 1).bit_length())


def _drawn(side: int, rng: np.random.Generator) -> np.ndarray:
    canvas = np.zeros((side, side), np.uint8)
    for _ in range(FERNS * (side // PANE_SIDE) ** 2):
        place, heading = rng.uniform(0, side, 2), rng.uniform(0.0, 2.0 * math.pi)
        _grow(canvas, place, heading, rng.uniform(*STEM), rng)
    ferns = cv2.GaussianBlur(canvas / 255.0, (0, 0), 0.6)
    return np.clip(DARK + HAZE * plasma(side, 1.6, rng) + FERN * ferns, 0.0, 1.0)


def _grow(canvas: np.ndarray, place: np.ndarray, heading: float, length: float, rng: np.random.Generator) -> None:
    """Draw a stem and all its branches on the canvas."""
    for grown in np.arange(0.0, length, JOINT):
        heading += rng.normal(0.0, 0.06)
        tip = place + JOINT * np.array([math.cos(heading), math.sin(heading)])
        cv2.line(canvas, _pixel(place), _pixel(tip), int(rng.integers(100, 230)), 1, cv2.LINE_AA, 3)
        place, rest = tip, SHRINK * (length - grown)
        if rest > SHORTEST:
            for turn in (-BRANCHING, BRANCHING):
                _grow(canvas, place, heading + turn, rest * rng.uniform(0.6, 1.0), rng)


def _pixel(place: np.ndarray) -> tuple[int, int]:
    """The place in eighths of a pixel, which cv2.line expects with a shift of 3."""
    return int(8 * place[0]), int(8 * place[1])
