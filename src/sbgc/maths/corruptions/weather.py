"""Weather: fog, snow and frost in front of the scene (Hendrycks and Dietterich 2019; parameters of CIFAR-10-C)."""

import numpy as np

from sbgc.maths.corruptions import ice
from sbgc.maths.corruptions.fractal import plasma
from sbgc.maths.corruptions.motion import enlarge, smear
from sbgc.maths.corruptions.scale import in_proportion, luma

FOG = ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75))  # amount, decay
SNOW = (  # mean, deviation and zoom of flakes; threshold of a flake; radius and sigma of its fall; share of image kept
    (0.1, 0.2, 1.0, 0.6, 8, 3.0, 0.95),
    (0.1, 0.2, 1.0, 0.5, 10, 4.0, 0.9),
    (0.15, 0.3, 1.75, 0.55, 10, 4.0, 0.9),
    (0.25, 0.3, 2.25, 0.6, 12, 6.0, 0.85),
    (0.3, 0.3, 1.25, 0.65, 14, 12.0, 0.8),
)
SNOW_DEGREES = (-135.0, -45.0)
FROST = ((1.0, 0.2), (1.0, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))  # weight of the image, weight of the frost


def fog(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """(x + a f) m / (m + a), with m = max x and f a fractal on [0, 1].

    A fractal looks alike at every size, so no parameter is scaled.
    """
    amount, decay = FOG[severity - 1]
    height, width = image.shape[:2]
    size = 1 << (max(height, width) - 1).bit_length()
    haze = plasma(size, decay, rng)[:height, :width, None]
    brightest = image.max()
    return (image + amount * haze) * brightest / (brightest + amount)


def snow(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """A whitened image under flakes that fall along a line at U(-135, -45) degrees.

    The flakes are added twice: as drawn, and turned by 180 degrees. They have the same size in pixels in every image.
    How far they fall is in proportion to the image's side.
    """
    mean, deviation, size, least, radius, sigma, kept = SNOW[severity - 1]
    flakes = enlarge(rng.normal(mean, deviation, (*image.shape[:2], 1)), size)
    flakes = np.floor(255.0 * np.clip(np.where(flakes < least, 0.0, flakes), 0.0, 1.0)) / 255.0
    fallen = smear(flakes, in_proportion(radius, image), sigma, rng.uniform(*SNOW_DEGREES))
    whitened = kept * image + (1.0 - kept) * np.maximum(image, 1.5 * luma(image) + 0.5)
    return whitened + fallen + np.rot90(fallen, k=2)


def frost(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """a x + b f, where f is a random window of a drawn pane of ice. CIFAR-10-C has photographs in its place.

    Images of up to 256 pixels a side share their panes; larger ones have larger panes.
    """
    of_image, of_frost = FROST[severity - 1]
    height, width, channels = image.shape
    side = ice.pane_side(max(height, width))
    pane = ice.pane(int(rng.integers(ice.PANES)), channels, side)
    top, left = (rng.integers(0, side - pixels + 1) for pixels in (height, width))
    return of_image * image + of_frost * pane[top : top + height, left : left + width]
