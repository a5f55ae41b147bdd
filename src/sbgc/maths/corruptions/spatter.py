"""Spatter: water on the lens, or mud (Hendrycks and Dietterich 2019, appendix B; parameters of CIFAR-10-C).

Drops have the same size in pixels in images of every size.
"""

import cv2
import numpy as np
from scipy import ndimage

from sbgc.maths.corruptions.scale import in_channels

SPATTER = (  # the liquid's mean, deviation, smoothing sigma and wetting threshold; strength or edge; whether it is mud
    (0.62, 0.1, 0.7, 0.7, 0.5, False),
    (0.65, 0.1, 0.8, 0.7, 0.5, False),
    (0.65, 0.3, 1.0, 0.69, 0.5, False),
    (0.65, 0.1, 0.7, 0.69, 0.6, True),
    (0.65, 0.1, 0.5, 0.68, 0.6, True),
)
WATER = (175 / 255, 238 / 255, 238 / 255)
MUD = (63 / 255, 42 / 255, 20 / 255)
THICK = 0.8  # mud is opaque where its smoothed mask exceeds this
EDGES = (50, 150)  # thresholds of Canny's detector, in 256 grey levels
FARTHEST = 20.0  # pixels from an edge, beyond which all water looks the same
RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])  # light from the upper left


def spatter(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The image under pale turquoise drops (severities 1 to 3) or brown mud (4 and 5).

    In an image without colors the drops have the luma of their color.
    """
    mean, deviation, sigma, least, strength, is_mud = SPATTER[severity - 1]
    liquid = ndimage.gaussian_filter(rng.normal(mean, deviation, image.shape[:2]), sigma, mode="nearest")
    if not is_mud:
        return image + strength * _drops(np.where(liquid < least, 0.0, liquid))[..., None] * in_channels(WATER, image)
    cover = ndimage.gaussian_filter((liquid > least).astype(np.float64), strength, mode="nearest")[..., None]
    cover = np.where(cover < THICK, 0.0, cover)
    return image * (1.0 - cover) + cover * in_channels(MUD, image)


def _drops(liquid: np.ndarray) -> np.ndarray:
    """The brightness on [0, 1] of water of that depth [H, W], from its relief near edges, as light falls on a drop."""
    depth = (255.0 * np.clip(liquid, 0.0, 1.0)).astype(np.uint8)
    distance = cv2.distanceTransform(255 - cv2.Canny(depth, *EDGES), cv2.DIST_L2, 5)
    near = cv2.equalizeHist(cv2.blur(np.minimum(distance, FARTHEST), (3, 3)).astype(np.uint8))
    shine = depth * cv2.blur(cv2.filter2D(near, cv2.CV_8U, RELIEF), (3, 3)).astype(np.float64)
    return shine / max(shine.max(), 1.0)
