"""Generated images beside real ones, class by class."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import style, tables

REAL_A_CLASS = 4
BORDER = 1  # white around every image, in image pixels
GAP = 4  # and between generated and real ones
LEFT, RIGHT, TOP, BOTTOM = 120, 15, 60, 95  # margins in device pixels
SMALLEST = 4  # device pixels of an image pixel, below which the figure takes both columns


@style.styled
def draw(samples: Split, train: Split) -> Figure:
    """A row per class: that class's samples, then its first training images.

    Every image pixel is the same square of device pixels. Samples are floats in grey levels; flooring undoes their
    dequantization. White is the brightest training pixel. Raises ArtifactError when there are no samples, or training
    images of another shape.
    """
    _check(samples, train)
    classes = np.unique(samples.labels)
    generated = _mosaic(samples, classes, np.bincount(samples.labels).max(), train.images.max())
    real = _mosaic(train, classes, REAL_A_CLASS, train.images.max())
    between = np.ones((len(generated), GAP, 3))
    drawn, axes = _canvas(np.concatenate([generated, between, real], axis=1))
    _name(axes, classes, samples.images.shape[1] + BORDER, (generated.shape[1], real.shape[1]))
    per_class = tables.number(np.bincount(samples.labels)[classes], "samples")
    real_ones = f"the first {REAL_A_CLASS} training images per class"
    style.small_print(drawn, f"{_origin(samples, train)}: {per_class} per class, none selected; {real_ones}.")
    return drawn


def _check(samples: Split, train: Split) -> None:
    shape, real_shape = samples.images.shape[1:], train.images.shape[1:]
    if not len(samples):
        raise ArtifactError("samples: holds no images")
    if shape != real_shape:
        raise ArtifactError(f"samples: images of shape {shape}, training images of shape {real_shape}")


def _origin(samples: Split, train: Split) -> str:
    named = [split.meta[name] for split, name in ((train, "dataset"), (samples, "model")) if name in split.meta]
    return ", ".join(map(str, named)) or "Samples"


def _mosaic(split: Split, classes: np.ndarray, columns: int, white: float) -> np.ndarray:
    """[rows, columns, 3] in 0..1: the first images of each class on white, one class a row."""
    height, width = split.images.shape[1:3]
    mosaic = np.ones((len(classes) * (height + BORDER), columns * (width + BORDER), 3))
    for row, one in enumerate(classes):
        for column, image in enumerate(split.images[split.labels == one][:columns]):
            top, left = row * (height + BORDER), column * (width + BORDER)
            mosaic[top : top + height, left : left + width] = np.clip(np.floor(image), 0, white) / white
    return mosaic


def _canvas(mosaic: np.ndarray) -> tuple[Figure, Axes]:
    """A figure in which the mosaic lies on whole device pixels, as large as the column allows."""
    rows, columns = mosaic.shape[:2]
    dots = style.DPI
    wide = (style.SINGLE_COLUMN * dots - LEFT - RIGHT) // columns < SMALLEST
    size = int((style.DOUBLE_COLUMN if wide else style.SINGLE_COLUMN) * dots - LEFT - RIGHT) // columns
    width, height = columns * size + LEFT + RIGHT, rows * size + TOP + BOTTOM
    drawn = Figure(figsize=(width / dots, height / dots))
    axes = drawn.add_axes((LEFT / width, BOTTOM / height, columns * size / width, rows * size / height))
    axes.imshow(mosaic, interpolation="nearest", aspect="auto", extent=(0, columns, rows, 0))
    return drawn, axes


def _name(axes: Axes, classes: np.ndarray, row: int, widths: tuple[int, int]) -> None:
    axes.spines[:].set_visible(False)
    axes.set_yticks(row * np.arange(len(classes)) + row / 2, [str(one) for one in classes])
    axes.set_ylabel("Class")
    axes.set_xticks([widths[0] / 2, widths[0] + GAP + widths[1] / 2], ["Generated", "Real (training)"], fontsize=8)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
