"""Generated images beside real ones, class by class."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import class_names, style, tables
from sbgc.figures.pictures import picture, reduced, reduction

GENERATED_A_CLASS = 16  # at most; the others are not shown
REAL_A_CLASS = 4
BORDER, GAP = 1, 4  # white around every image, and between generated and real ones, in pixels of the mosaic
RIGHT, TOP = 15, 60  # margins in dots, as many to an inch as style.DPI
BESIDE_NAMES = 75  # dots that the left margin needs beside the names of the classes
SMALLEST = 4  # dots of an image pixel, below which the figure takes both columns
TALLEST = 8 * style.DPI  # dots; of more classes than fit, some are shown


@dataclass(frozen=True)
class Scale:
    """How images become dots: dots in a pixel's side, pixels in a dot's side (one of the two is 1), and white space."""

    dots: int
    pixels: int
    border: int
    gap: int


@style.styled
def draw(samples: Split, train: Split) -> Figure:
    """A row for each class: its first samples, then its first training images.

    Samples are floats in grey levels; rounding them down undoes their dequantization. White is the brightest training
    pixel. Every image pixel is the same square of dots; where images have more pixels than the page has dots, each dot
    is the mean of a square of pixels. Of many classes some are shown, evenly spaced, and the small print says so.
    Raises ArtifactError where there are no samples, or where training images have another shape.
    """
    _check(samples, train)
    classes, counts = np.unique(samples.labels, return_counts=True)
    columns = int(min(counts.max(), GENERATED_A_CLASS))
    left = BESIDE_NAMES + round(max(map(style.dots, class_names.of_split(train, classes))))
    scale = _scale(samples.images.shape[1:3], columns + REAL_A_CLASS, left)
    shown = _some(classes, (samples.images.shape[1] // scale.pixels + scale.border) * scale.dots)
    white = max(float(train.images.max()), 1.0)
    generated = _mosaic(samples, shown, columns, white, scale)
    real = _mosaic(train, shown, REAL_A_CLASS, white, scale)
    mosaic = np.concatenate([generated, np.ones((len(generated), scale.gap, 3)), real], axis=1)
    facts = _facts(samples, train, counts, len(shown), scale)
    drawn, axes = _canvas(mosaic, scale.dots, left, facts)
    _name(axes, class_names.of_split(train, shown), generated.shape[1] / 2, mosaic.shape[1] - real.shape[1] / 2)
    style.small_print(drawn, facts)
    return drawn


def _check(samples: Split, train: Split) -> None:
    shape, real_shape = samples.images.shape[1:], train.images.shape[1:]
    if not len(samples):
        raise ArtifactError("samples: holds no images")
    if shape != real_shape:
        raise ArtifactError(f"samples: images of shape {shape}, training images of shape {real_shape}")


def _scale(shape: tuple[int, ...], images: int, left: int) -> Scale:
    """The largest scale at which so many images [H, W] stand side by side, and two rows of them below each other."""
    height, width = shape
    tallest = TALLEST // (2 * (height + BORDER))
    columns = images * (width + BORDER) + GAP
    single, double = (round(inches * style.DPI) - left - RIGHT for inches in (style.SINGLE_COLUMN, style.DOUBLE_COLUMN))
    size = min(tallest, single // columns)
    size = size if size >= SMALLEST else min(tallest, double // columns)
    if size >= SMALLEST:
        return Scale(size, 1, BORDER, GAP)
    border, gap = SMALLEST * BORDER, SMALLEST * GAP  # of smaller pixels, more make a visible distance
    size = min(tallest, double // (images * (width + border) + gap))
    pixels = max(reduction(width, (double - gap) / images - border), reduction(height, TALLEST / 2 - border))
    return Scale(max(1, size), pixels, border, gap)


def _some(classes: np.ndarray, row: int) -> np.ndarray:
    """As many classes as there is height for rows of so many dots, evenly spaced, the first and the last among them."""
    rows = min(len(classes), max(2, TALLEST // row))
    return classes[np.linspace(0, len(classes) - 1, rows).round().astype(int)]


def _facts(samples: Split, train: Split, counts: np.ndarray, shown: int, scale: Scale) -> str:
    named = [split.meta[name] for split, name in ((train, "dataset"), (samples, "model")) if name in split.meta]
    first = f"the first {GENERATED_A_CLASS} of " if counts.max() > GENERATED_A_CLASS else ""
    generated = f"{first}{tables.number(counts, 'samples')} per class, not hand-picked"
    classes = f" {shown} of {len(counts):,} classes are shown." if shown < len(counts) else ""
    dots = f" A dot is the mean of {scale.pixels} × {scale.pixels} pixels." if scale.pixels > 1 else ""
    real = f"the first {REAL_A_CLASS} training images per class"
    return f"{', '.join(map(str, named)) or 'Samples'}: {generated}; {real}.{classes}{dots}"


def _mosaic(split: Split, classes: np.ndarray, columns: int, white: float, scale: Scale) -> np.ndarray:
    """[rows, columns, 3] in 0..1: the first images of each class on white, one class a row."""
    height, width = (-(-side // scale.pixels) for side in split.images.shape[1:3])
    mosaic = np.ones((len(classes) * (height + scale.border), columns * (width + scale.border), 3))
    for row, one in enumerate(classes):
        for column, place in enumerate(np.flatnonzero(split.labels == one)[:columns]):
            top, left = row * (height + scale.border), column * (width + scale.border)
            image = reduced(picture(np.floor(split.images[place]), white), scale.pixels)
            mosaic[top : top + height, left : left + width] = image
    return mosaic


def _canvas(mosaic: np.ndarray, size: int, left: int, facts: str) -> tuple[Figure, Axes]:
    """A figure in which each pixel of the mosaic is a square of size x size dots."""
    rows, columns = mosaic.shape[:2]
    width = columns * size + left + RIGHT
    bottom = 40 + 34 * len(style.wrapped(facts, width / style.DPI))
    height = rows * size + TOP + bottom
    drawn = Figure(figsize=(width / style.DPI, height / style.DPI))
    axes = drawn.add_axes((left / width, bottom / height, columns * size / width, rows * size / height))
    axes.imshow(mosaic, interpolation="nearest", aspect="auto", extent=(0, columns, rows, 0))
    return drawn, axes


def _name(axes: Axes, names: list[str], generated: float, real: float) -> None:
    """Name the rows, and the two halves of the columns at their middles."""
    row = axes.get_ylim()[0] / len(names)
    axes.spines[:].set_visible(False)
    axes.set_yticks(row * np.arange(len(names)) + row / 2, names)
    axes.set_ylabel("Class")
    axes.set_xticks([generated, real], ["Generated", "Real (training)"], fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
