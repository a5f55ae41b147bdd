"""Digital: what processing does to an image (Hendrycks and Dietterich 2019, section 4.1; parameters of CIFAR-10-C)."""

import io
import math

import numpy as np
from PIL import Image
from scipy import ndimage

from sbgc.maths.corruptions.scale import side

CONTRAST = (0.75, 0.50, 0.40, 0.30, 0.15)
# (alpha, sigma, affine) in image sides. The affine parts are CIFAR-10-C's in the opposite order: there they shrink from
# .08 to .03 while alpha grows, so that severity 1 distorts more than severity 2.
ELASTIC = ((0.0, 0.0, 0.03), (0.05, 0.2, 0.05), (0.08, 0.06, 0.06), (0.1, 0.04, 0.07), (0.1, 0.03, 0.08))
PIXELATE = (0.95, 0.90, 0.85, 0.75, 0.65)
JPEG_QUALITY = (80, 65, 58, 50, 40)


def contrast(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """(x - m) c + m with m the mean of each channel."""
    mean = image.mean(axis=(0, 1), keepdims=True)
    return (image - mean) * CONTRAST[severity - 1] + mean


def elastic_transform(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The image read at A p + alpha (G_sigma * v)(p), A a random affine map, v ~ U(-1, 1) (Simard et al. 2003)."""
    alpha, sigma, affine = (side(image) * fraction for fraction in ELASTIC[severity - 1])
    grid = np.moveaxis(np.indices(image.shape[:2], dtype=np.float64), 0, -1)
    jitter = rng.uniform(-1.0, 1.0, grid.shape)
    bend = ndimage.gaussian_filter(jitter, (sigma, sigma, 0.0), mode="reflect", truncate=3.0)
    places = np.moveaxis(_jolted(grid, affine, rng) + alpha * bend, -1, 0)
    bent = np.empty_like(image)
    for channel in range(image.shape[-1]):
        bent[..., channel] = ndimage.map_coordinates(image[..., channel], places, order=1, mode="mirror")
    return bent


def pixelate(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """The mean over square tiles of side 1/c pixels laid about the center, then the mean over pixels of those tiles.

    The tile's side keeps its length in pixels at every image size, and need not divide the image's.
    """
    tile = 1.0 / PIXELATE[severity - 1]
    rows, columns = (_tile_means(pixels, tile) for pixels in image.shape[:2])
    return np.einsum("ij,kl,jlc->ikc", rows, columns, image)


def jpeg_compression(image: np.ndarray, severity: int, rng: np.random.Generator) -> np.ndarray:
    """JPEG of that quality; an 8x8 grey image is one block of the cosine transform."""
    pixels = np.rint(image * 255.0).astype(np.uint8)
    picture = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY[severity - 1])
    return np.asarray(Image.open(buffer)).reshape(image.shape) / 255.0


def _jolted(grid: np.ndarray, reach: float, rng: np.random.Generator) -> np.ndarray:
    """A affine with U(-reach, reach), in rows and in columns, at three corners a third of a side off the center."""
    shape = np.array(grid.shape[:2])
    corners = (shape - 1.0) / 2.0 + shape.min() / 3.0 * np.array([[1, 1], [1, -1], [-1, -1]])
    moved = corners + rng.uniform(-reach, reach, corners.shape)
    matrix = np.linalg.solve(np.column_stack([corners, np.ones(3)]), moved)
    return grid @ matrix[:2] + matrix[2]


def _tile_means(pixels: int, tile: float) -> np.ndarray:
    """The matrix [pixels, pixels] of pixels -> tiles -> pixels in one dimension; its rows sum to 1."""
    count = math.ceil(pixels / tile)
    edges = np.clip((pixels - count * tile) / 2.0 + tile * np.arange(count + 1), 0.0, pixels)
    left, right = np.arange(pixels), np.arange(1, pixels + 1)
    shared = np.clip(np.minimum(edges[1:, None], right) - np.maximum(edges[:-1, None], left), 0.0, None)
    return shared.T @ (shared / shared.sum(axis=1, keepdims=True))
