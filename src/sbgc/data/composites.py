"""Digits on photographs: the black ground of each image gives way to a piece of a photograph (Fetaya et al. 2020, 4.5).

The paper does not say how a digit is laid on its ground. Here every pixel that the digit leaves black takes the grey
level of the ground, and the others keep the digit's: the class can be told from the same pixels as before. Nor does it
say in what its bandwidths are measured: here, pixels of the ground at the digit's size, as a Gaussian's sigma.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sbgc.data.labeled import Labeled
from sbgc.keys import generator_for

Grounds = Float[np.ndarray, "grounds height width"]  # grey levels 0..255
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue (ITU-R BT.601)
CROP = 4  # pixels of a photograph's side for each one of a ground's, so that a ground holds more than a plain surface


class Pools(NamedTuple):
    """Where grounds come from: for images to train on, and for those that are set aside for tests."""

    train: Grounds
    test: Grounds


def on_grounds(digits: Labeled, pools: Pools, levels: int, blur: float, seed: int) -> Labeled:
    """Each image on a ground of its own, in grey levels 0..L-1; which one, the seed and the image's place decide.

    blur: bandwidth in pixels of the Gaussian that smooths the grounds; 0: none. Training images take their grounds from
    the first pool, and images that are set aside for tests from the second one, both with replacement.
    """
    from scipy.ndimage import gaussian_filter

    pool = len(digits.labels) - digits.official_test
    made = np.empty_like(digits.images)
    for start, stop, grounds in ((0, pool, pools.train), (pool, len(digits.labels), pools.test)):
        if blur:
            grounds = gaussian_filter(grounds, (0.0, blur, blur), mode="reflect")
        grey = np.rint(np.clip(grounds, 0.0, 255.0) * ((levels - 1) / 255.0)).astype(np.uint8)
        chosen = generator_for(seed, "background", start).integers(len(grey), size=stop - start)
        of_part = digits.images[start:stop]
        made[start:stop] = np.where(of_part > 0, of_part, grey[chosen][..., None])
    return digits._replace(images=made)


def from_dataset(whole: Labeled, height: int, width: int) -> Pools:
    """Whole color images of another dataset, made grey and as small as the digits by averaging over areas."""
    import cv2

    grey = whole.images.astype(np.float64) @ LUMA
    small = np.stack([cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA) for one in grey])
    pool = len(small) - whole.official_test
    return Pools(small[:pool], small[pool:])


def from_photographs(height: int, width: int, count: int, seed: int) -> Pools:
    """Pieces of the sample photographs, made grey. Both pools are the same: digits have no official test images."""
    grounds = pieces(height, width, count, seed) @ LUMA
    return Pools(grounds, grounds)


def pieces(height: int, width: int, count: int, seed: int) -> Float[np.ndarray, "count height width 3"]:
    """Random pieces of the two photographs that come with scikit-learn, CROP times smaller, in 0..255."""
    from sklearn.datasets import load_sample_images

    random, crops = generator_for(seed, "photographs"), []
    photographs = [photograph.astype(np.float64) for photograph in load_sample_images().images]
    for number in range(count):
        whole = photographs[number % len(photographs)]
        top, left = (
            random.integers(side - CROP * size) for side, size in zip(whole.shape[:2], (height, width), strict=True)
        )
        crops.append(shrunk(whole[top : top + CROP * height, left : left + CROP * width]))
    return np.stack(crops)


def shrunk(piece: Float[np.ndarray, "high wide channels"]) -> Float[np.ndarray, "height width channels"]:
    """The means over tiles of CROP x CROP pixels."""
    high, wide, channels = piece.shape
    return piece.reshape(high // CROP, CROP, wide // CROP, CROP, channels).mean(axis=(1, 3))
