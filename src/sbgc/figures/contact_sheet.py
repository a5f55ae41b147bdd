"""One test image under every corruption at every severity."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import class_names, style
from sbgc.figures.corruption_names import in_families, spelled
from sbgc.figures.pictures import picture, reduced, reduction

SEVERITIES = 6  # clean among them
BLOCKS = 2  # side by side
GAP = 0.06  # white between images, in image sides
DOTS = 100  # of an image's side, at least; of more pixels, means are shown


@style.styled
def draw(contact_sheet: Split) -> Figure:
    """A row for each corruption, in two blocks: the clean image, then severities 1 to 5.

    `contact_sheet` holds one image, clean (severity 0) and corrupted, with the columns corruption and severity. White
    is the brightest possible grey level. Where an image has more pixels than the page has dots, means of squares of
    pixels are shown. Raises ArtifactError where there is no clean image or no corrupted one.
    """
    names = set(contact_sheet.columns["corruption"])
    kinds = in_families(names - {"clean"})
    if not kinds or "clean" not in names:
        raise ArtifactError("contact sheet: needs the clean image and a corrupted one")
    rows = -(-len(kinds) // BLOCKS)
    drawn = style.figure(style.DOUBLE_COLUMN, 0.4 * rows + 0.6)
    panels = drawn.subplots(1, BLOCKS, squeeze=False)[0]
    for axes, mine in zip(panels, np.array_split(np.array(kinds), BLOCKS), strict=True):
        _block(axes, contact_sheet, [str(kind) for kind in mine], rows)
    style.small_print(drawn, _facts(contact_sheet))
    return drawn


def _facts(sheet: Split) -> str:
    (name,) = class_names.of_split(sheet, sheet.labels[:1])
    image = f"{sheet.meta['dataset']}, test image {sheet.index[0]} (class {name})"
    factor = _reduction(sheet)
    means = f" Means of {factor} × {factor} pixels are shown." if factor > 1 else ""
    return f"{image}. Images: {sheet.meta['corruption_source']}. Cl.: clean; 1–5: severity.{means}"


def _reduction(sheet: Split) -> int:
    return reduction(max(sheet.images.shape[1:3]), DOTS)


def _block(axes: Axes, sheet: Split, kinds: list[str], rows: int) -> None:
    """The images of some corruptions. A unit is the side of an image with its gap."""
    corruption, severity = sheet.columns["corruption"], sheet.columns["severity"]
    for row, kind in enumerate(kinds):
        for column in range(SEVERITIES):
            found = sheet.images[(corruption == (kind if column else "clean")) & (severity == column)]
            if len(found):
                _image(axes, reduced(picture(found[0], sheet.meta["levels"] - 1), _reduction(sheet)), row, column)
    axes.set(xlim=(0, SEVERITIES), ylim=(rows, 0), aspect="equal")
    axes.set_xticks(np.arange(SEVERITIES) + 0.5, ["Cl.", *"12345"])
    axes.set_yticks(np.arange(len(kinds)) + 0.5, [spelled(kind) for kind in kinds])
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=2)
    axes.spines[:].set_visible(False)


def _image(axes: Axes, shown: np.ndarray, row: int, column: int) -> None:
    """Draw an image in the middle of its place, which its longer side fills."""
    height, width = (1 - GAP) * np.array(shown.shape[:2]) / max(shown.shape[:2])
    left, top = column + (1 - width) / 2, row + (1 - height) / 2
    axes.imshow(shown, interpolation="nearest", extent=(left, left + width, top + height, top))
