"""Images side by side as squares of dots: how large, and as one picture."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import Split
from sbgc.figures import style
from sbgc.figures.pictures import picture, reduced, reduction

BORDER, GAP = 1, 4  # white around every image, and between blocks of columns, in pixels of the mosaic
RIGHT = 15  # dots to the right of a mosaic
SMALLEST = 4  # dots of an image pixel, below which the figure takes both columns
TALLEST = 8 * style.DPI  # dots; of more rows than fit, some are shown


@dataclass(frozen=True)
class Scale:
    """How images become dots: dots in a pixel's side, pixels in a dot's side (one of the two is 1), and white space."""

    dots: int
    pixels: int
    border: int
    gap: int

    def height(self, image: int) -> int:
        """The dots of a row of images of so many pixels."""
        return (image // self.pixels + self.border) * self.dots


def scale_of(shape: tuple[int, ...], images: int, gaps: int, left: int) -> Scale:
    """The largest scale at which so many images [H, W] stand side by side, and two rows of them below each other.

    One gap needs no more than a single column of the page: each further one has a name above it.
    left: dots to the left of the mosaic.
    """
    height, width = shape
    tallest = TALLEST // (2 * (height + BORDER))
    columns = images * (width + BORDER) + gaps * GAP
    single, double = (round(inches * style.DPI) - left - RIGHT for inches in (style.SINGLE_COLUMN, style.DOUBLE_COLUMN))
    size = min(tallest, single // columns)
    if gaps > 1 or size < SMALLEST:
        size = min(tallest, double // columns)
    if size >= SMALLEST:
        return Scale(size, 1, BORDER, GAP)
    border, gap = SMALLEST * BORDER, SMALLEST * GAP  # of smaller pixels, more make a visible distance
    size = min(tallest, double // (images * (width + border) + gaps * gap))
    narrowest = (double - gaps * gap) / images - border
    pixels = max(reduction(width, narrowest), reduction(height, TALLEST / 2 - border))
    return Scale(max(1, size), pixels, border, gap)


def some(classes: np.ndarray, row: int) -> np.ndarray:
    """As many classes as there is height for rows of so many dots, evenly spaced, the first and the last among them."""
    rows = min(len(classes), max(2, TALLEST // row))
    return classes[np.linspace(0, len(classes) - 1, rows).round().astype(int)]


def block(split: Split, classes: np.ndarray, columns: int, white: float, scale: Scale) -> np.ndarray:
    """[rows, columns, 3] in 0..1: the first images of each class on white, one class a row."""
    height, width = (-(-side // scale.pixels) for side in split.images.shape[1:3])
    mosaic = np.ones((len(classes) * (height + scale.border), columns * (width + scale.border), 3))
    for row, one in enumerate(classes):
        for column, place in enumerate(np.flatnonzero(split.labels == one)[:columns]):
            top, left = row * (height + scale.border), column * (width + scale.border)
            image = reduced(picture(np.floor(split.images[place]), white), scale.pixels)
            mosaic[top : top + height, left : left + width] = image
    return mosaic


def beside(blocks: list[np.ndarray], gap: int) -> tuple[np.ndarray, list[float]]:
    """The blocks side by side with white gaps between them, and the middle column of each."""
    rows = len(blocks[0])
    parts = [part for one in blocks for part in (one, np.ones((rows, gap, 3)))][:-1]
    starts = np.cumsum([0, *(one.shape[1] + gap for one in blocks[:-1])])
    middles = [float(start + one.shape[1] / 2) for start, one in zip(starts, blocks, strict=True)]
    return np.concatenate(parts, axis=1), middles


def canvas(mosaic: np.ndarray, size: int, left: int, top: int, lines: int) -> tuple[Figure, Axes]:
    """A figure in which each pixel is a square of size x size dots, with room for the lines of a small print."""
    rows, columns = mosaic.shape[:2]
    width, bottom = page_width(mosaic, size, left), 40 + 34 * lines
    height = rows * size + top + bottom
    drawn = Figure(figsize=(width / style.DPI, height / style.DPI))
    axes = drawn.add_axes((left / width, bottom / height, columns * size / width, rows * size / height))
    axes.imshow(mosaic, interpolation="nearest", aspect="auto", extent=(0, columns, rows, 0))
    return drawn, axes


def page_width(mosaic: np.ndarray, size: int, left: int) -> int:
    """The dots of a figure's width."""
    return int(mosaic.shape[1]) * size + left + RIGHT
