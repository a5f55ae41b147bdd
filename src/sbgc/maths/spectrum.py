"""Power spectra of images over spatial frequency, by the cosine transform.

The cosine transform sees an image continued by its mirror images: unlike Fourier's, it meets no edge at the border that
would spread power over all frequencies, and so over those that a blur took away.
"""

import numpy as np
from jaxtyping import Float
from scipy import fft

Images = Float[np.ndarray, "images height width channels"]


def frequencies(height: int, width: int) -> Float[np.ndarray, " bands"]:
    """The bands' frequencies in cycles a pixel: of band k = 1, 2, ... k / (2 s) with s the shorter side, below 1/2."""
    side = min(height, width)
    return np.arange(1, side) / (2.0 * side)


def band_power(images: Images) -> Float[np.ndarray, "images bands"]:
    """Each image's mean power of a coefficient in each band, of images on [0, 1], the mean of its channels.

    The transform is orthonormal: white noise of variance v has power v in every band. A coefficient (k, l) has
    frequency sqrt((k / 2H)^2 + (l / 2W)^2), and belongs to the nearest band; the mean of the image to none.
    """
    height, width = images.shape[1:3]
    power = (fft.dctn(images, axes=(1, 2), norm="ortho") ** 2).mean(axis=3)
    rows, columns = np.arange(height) / (2.0 * height), np.arange(width) / (2.0 * width)
    band = np.rint(np.hypot(rows[:, None], columns) * 2.0 * min(height, width)).astype(int)
    bands = range(1, min(height, width))
    return np.stack([power[:, band == number].mean(axis=1) for number in bands], axis=1)
