"""Power spectra of images over spatial frequency, by the cosine transform.

The cosine transform treats an image as continued by its mirror images. Unlike the Fourier transform it therefore meets
no edge at the border. Such an edge would spread power over all frequencies, including those that a blur took away.
"""

import numpy as np
from jaxtyping import Float
from scipy import fft

Images = Float[np.ndarray, "images height width channels"]


def frequencies(height: int, width: int) -> Float[np.ndarray, " bands"]:
    """The bands' frequencies in cycles per pixel, below 1/2: band k = 1, 2, ... has k / (2 s), s the shorter side."""
    side = min(height, width)
    return np.arange(1, side) / (2.0 * side)


def band_power(images: Images) -> Float[np.ndarray, "images bands"]:
    """For images on [0, 1], each image's mean power of a coefficient in each band, averaged over channels.

    The transform is orthonormal: white noise of variance v has power v in every band. A coefficient (k, l) has the
    frequency sqrt((k / 2H)^2 + (l / 2W)^2) and belongs to the nearest band. The mean of the image belongs to no band.
    """
    height, width = images.shape[1:3]
    power = (fft.dctn(images, axes=(1, 2), norm="ortho") ** 2).mean(axis=3)
    rows, columns = np.arange(height) / (2.0 * height), np.arange(width) / (2.0 * width)
    band = np.rint(np.hypot(rows[:, None], columns) * 2.0 * min(height, width)).astype(int)
    bands = range(1, min(height, width))
    return np.stack([power[:, band == number].mean(axis=1) for number in bands], axis=1)
