"""Images as a figure shows them: in color, from black to white, and no larger than the paper's dots can show."""

import numpy as np
from PIL import Image


def picture(image: np.ndarray, white: float) -> np.ndarray:
    """[H, W, 3] in 0..1 of an image [H, W, 1 or 3] in grey levels, of which `white` is shown as white."""
    shown = np.clip(image / white, 0.0, 1.0)
    return np.repeat(shown, 3, axis=-1) if image.shape[-1] == 1 else shown


def reduced(shown: np.ndarray, factor: int) -> np.ndarray:
    """The means of factor x factor pixels; at the lower and right edges, of as many as there are."""
    if factor == 1:
        return shown
    return np.asarray(Image.fromarray(np.round(255 * shown).astype(np.uint8)).reduce(factor)) / 255.0


def reduction(pixels: int, dots: float) -> int:
    """The smallest factor by which so many pixels are reduced to no more than so many dots."""
    return max(1, int(np.ceil(pixels / dots)))
