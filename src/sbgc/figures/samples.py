"""Generated images of every model beside real ones, class by class."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import class_names, mosaic, style, tables
from sbgc.figures.mosaic import Scale

GENERATED_A_CLASS = 16  # at most, of all models together; the others are not shown
A_MODEL = 3  # of a model, however many models there are
REAL_A_CLASS = 4
TOP, LINE = 60, 35  # dots above a mosaic for one line of names, and for each further one
BESIDE_NAMES = 75  # dots that the left margin needs beside the names of the classes


@style.styled
def draw(train: Split, *samples: Split) -> Figure:
    """A row for each class: its first samples by each model, then its first training images.

    Samples are floats in grey levels; rounding them down undoes their dequantization. White is the brightest grey
    level. Every image pixel is the same square of dots; where images have more pixels than the page has dots, each dot
    is the mean of a square of pixels. Of many classes some are shown, evenly spaced, and the small print says so.
    Raises ArtifactError where there are no samples, or where training images have another shape.
    """
    for one in samples:
        _check(one, train)
    classes = np.unique(samples[0].labels)
    counts = np.concatenate([np.unique(one.labels, return_counts=True)[1] for one in samples])
    columns = min(int(counts.max()), max(A_MODEL, GENERATED_A_CLASS // len(samples)))
    left = BESIDE_NAMES + round(max(map(style.dots, class_names.of_split(train, classes))))
    scale = mosaic.scale_of(train.images.shape[1:3], columns * len(samples) + REAL_A_CLASS, len(samples), left)
    shown = mosaic.some(classes, scale.height(train.images.shape[1]))
    white = train.meta["levels"] - 1.0
    blocks = [mosaic.block(one, shown, columns, white, scale) for one in samples]
    blocks.append(mosaic.block(train, shown, REAL_A_CLASS, white, scale))
    whole, middles = mosaic.beside(blocks, scale.gap)
    titles = _titles(samples, [one.shape[1] * scale.dots for one in blocks])
    facts = _facts(samples, train, counts, columns, len(shown), scale)
    top = TOP + LINE * max(title.count("\n") for title in titles)
    lines = style.wrapped(facts, mosaic.page_width(whole, scale.dots, left) / style.DPI)
    drawn, axes = mosaic.canvas(whole, scale.dots, left, top, len(lines))
    _name(axes, class_names.of_split(train, shown), middles, titles)
    style.small_print(drawn, facts)
    return drawn


def _check(samples: Split, train: Split) -> None:
    shape, real_shape = samples.images.shape[1:], train.images.shape[1:]
    if not len(samples):
        raise ArtifactError("samples: holds no images")
    if shape != real_shape:
        raise ArtifactError(f"samples: images of shape {shape}, training images of shape {real_shape}")


def _titles(samples: tuple[Split, ...], widths: list[int]) -> list[str]:
    """What stands above each block: the models' names where there are several, broken where a block is narrower."""
    if len(samples) == 1:
        return ["Generated", "Real (training)"]
    names = [tables.label(str(one.meta.get("model", "")), str(one.meta.get("kind", ""))) for one in samples]
    return [_broken(name, width) for name, width in zip([*names, "Real (training)"], widths, strict=True)]


def _broken(name: str, width: int) -> str:
    """The words of a name, in lines of so many dots where its words are short enough."""
    lines: list[str] = []
    for word in name.replace("_", " ").split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and style.dots(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def _facts(samples: tuple[Split, ...], train: Split, counts: np.ndarray, columns: int, shown: int, scale: Scale) -> str:
    named = [str(train.meta["dataset"])] if "dataset" in train.meta else []
    named += [str(samples[0].meta["model"])] if len(samples) == 1 and "model" in samples[0].meta else []
    first = f"the first {columns} of " if counts.max() > columns else ""
    whose = "per class and model" if len(samples) > 1 else "per class"
    generated = f"{first}{tables.number(counts, 'samples')} {whose}, not hand-picked"
    classes = len(np.unique(samples[0].labels))
    missing = f" {shown} of {classes:,} classes are shown." if shown < classes else ""
    dots = f" A dot is the mean of {scale.pixels} × {scale.pixels} pixels." if scale.pixels > 1 else ""
    real = f"the first {REAL_A_CLASS} training images per class"
    return f"{', '.join(named) or 'Samples'}: {generated}; {real}.{missing}{dots}"


def _name(axes: Axes, names: list[str], middles: list[float], titles: list[str]) -> None:
    """Name the rows, and the blocks of columns at their middles."""
    row = axes.get_ylim()[0] / len(names)
    axes.spines[:].set_visible(False)
    axes.set_yticks(row * np.arange(len(names)) + row / 2, names)
    axes.set_ylabel("Class")
    axes.set_xticks(middles, titles, fontsize=8 if len(titles) == 2 else style.SMALL)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
