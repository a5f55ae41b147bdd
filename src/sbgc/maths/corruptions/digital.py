"""Digital: what processing does to an image (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C)."""

import io

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

from sbgc.maths.corruptions.scale import side

# (alpha, sigma, affine) in image sides. CIFAR-10-C's affine part shrinks while alpha grows, so severity 1 is not mild.
ELASTIC = ((0.0, 0.0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03))
PIXELATE = (0.95, 0.90, 0.85, 0.75, 0.65)
JPEG_QUALITY = (80, 65, 58, 50, 40)


def elastic_transform(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """A random affine map, then the image read at p + alpha (G_sigma * v)(p), v ~ U(-1, 1) (Simard et al. 2003)."""
    alpha, sigma, affine = (side(image) * fraction for fraction in ELASTIC[severity - 1])
    image = _jolted(image, affine, rng)
    grid = np.indices(image.shape[:2], dtype=np.float64)
    jitter = rng.uniform(-1.0, 1.0, grid.shape)
    places = grid + alpha * ndimage.gaussian_filter(jitter, (0.0, sigma, sigma), mode="reflect", truncate=3.0)
    channels = [
        ndimage.map_coordinates(channel, places, order=1, mode="reflect") for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack(channels, axis=-1)


def pixelate(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The image averaged over int(c s) tiles along each side of s pixels, and enlarged again.

    Pillow does this in 256 grey levels, as for CIFAR-10-C. Each severity takes away at least one tile more than the one
    before. Digits of 8x8 pixels need that rule. On images of 28 pixels or more it changes nothing.
    """
    fraction = PIXELATE[severity - 1]
    height, width = (max(1, min(int(pixels * fraction), pixels - severity)) for pixels in image.shape[:2])
    picture = _picture(image).resize((width, height), Image.Resampling.BOX)
    return _floats(picture.resize((image.shape[1], image.shape[0]), Image.Resampling.BOX), image.shape)


def jpeg_compression(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """JPEG of that quality. An 8x8 grey image is a single block of the cosine transform."""
    buffer = io.BytesIO()
    _picture(image).save(buffer, "JPEG", quality=JPEG_QUALITY[severity - 1])
    return _floats(Image.open(buffer), image.shape)


def _picture(image: np.ndarray) -> Image.Image:
    pixels = np.rint(image * 255.0).astype(np.uint8)
    return Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)


def _floats(picture: Image.Image, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(picture).reshape(shape) / 255.0


def _jolted(image: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """The image under the affine map that moves three corners by U(-reach, reach) in each direction.

    The corners lie a third of a side from the center.
    """
    center, arm = np.array(image.shape[:2]) // 2, side(image) // 3
    corners = (center + arm * np.array([[1, 1], [1, -1], [-1, -1]])).astype(np.float32)
    moved = corners + rng.uniform(-reach, reach, corners.shape).astype(np.float32)
    matrix = cv2.getAffineTransform(corners, moved)
    warped = cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT_101)
    return warped.reshape(image.shape)
