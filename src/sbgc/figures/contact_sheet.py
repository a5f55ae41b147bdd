"""One test image under every corruption at every severity."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import style
from sbgc.figures.names import in_families, spelled

SEVERITIES = 6  # clean among them
BLOCKS = 2  # side by side
GAP = 0.06  # white between images, in image sides


@style.styled
def draw(sheet: Split) -> Figure:
    """A row per corruption, clean and severities 1 to 5 from left to right, in two blocks; pixels as they are.

    `sheet`: one image, clean (severity 0) and corrupted, with the columns corruption and severity. White is the
    brightest possible grey level. Raises ArtifactError when there is no clean image or no corrupted one.
    """
    names = set(sheet.columns["corruption"])
    kinds = in_families(names - {"clean"})
    if not kinds or "clean" not in names:
        raise ArtifactError("contact sheet: needs the clean image and a corrupted one")
    rows = -(-len(kinds) // BLOCKS)
    drawn = style.figure(style.DOUBLE_COLUMN, 0.4 * rows + 0.6)
    panels = drawn.subplots(1, BLOCKS, squeeze=False)[0]
    for axes, mine in zip(panels, np.array_split(np.array(kinds), BLOCKS), strict=True):
        _block(axes, sheet, [str(kind) for kind in mine], rows)
    source, dataset = sheet.meta["corruption_source"], sheet.meta["dataset"]
    style.small_print(drawn, f"{dataset}, test image {sheet.index[0]}; images: {source}; Cl.: clean; 1-5: severity.")
    return drawn


def _block(axes: Axes, sheet: Split, kinds: list[str], rows: int) -> None:
    """The images of some corruptions, in units of an image's side and its gap."""
    corruption, severity = sheet.columns["corruption"], sheet.columns["severity"]
    for row, kind in enumerate(kinds):
        for column in range(SEVERITIES):
            found = sheet.images[(corruption == (kind if column else "clean")) & (severity == column)]
            if len(found):
                _image(axes, found[0] / (sheet.meta["levels"] - 1), row, column)
    axes.set(xlim=(0, SEVERITIES), ylim=(rows, 0), aspect="equal")
    axes.set_xticks(np.arange(SEVERITIES) + 0.5, ["Cl.", *"12345"])
    axes.set_yticks(np.arange(len(kinds)) + 0.5, [spelled(kind) for kind in kinds])
    axes.tick_params(length=0, labeltop=True, labelbottom=False, pad=2)
    axes.spines[:].set_visible(False)


def _image(axes: Axes, image: np.ndarray, row: int, column: int) -> None:
    extent = (column + GAP / 2, column + 1 - GAP / 2, row + 1 - GAP / 2, row + GAP / 2)
    picture = np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image
    axes.imshow(np.clip(picture, 0.0, 1.0), interpolation="nearest", extent=extent)
