"""How many bits an image takes as a PNG file: how complex it looks to a compressor that knows no dataset.

Serrà et al. 2020 subtract this from -log2 p(x): images without detail are likely under any model, and short as files.
"""

import io
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from jaxtyping import UInt8
from PIL import Image

from sbgc.artifacts import Split

OF_IMAGE = ["set", "severity", "index"]  # what tells an image from all others of an experiment
CLEAN, TRAIN = "clean", "train"


def png_bits(image: UInt8[np.ndarray, "height width channels"]) -> int:
    """The length of the PNG file of an image, in bits, by the strongest compression. Its header is the same for all."""
    stream = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(stream, "PNG", compress_level=9)
    return 8 * stream.tell()


def complexity_table(splits: Iterable[tuple[Split, int]]) -> pd.DataFrame:
    """One row for each of the first images of these splits: which it is (`OF_IMAGE`), and its length in bits.

    Splits are asked for one after another.
    """
    rows = [row for split, count in splits for row in _rows(split.take(slice(0, count)))]
    return pd.DataFrame(rows, columns=[*OF_IMAGE, "png_bits"])


def _rows(split: Split) -> Iterator[tuple[str, int, int, int]]:
    names = sets_of(split.columns, TRAIN if split.meta["split"] == TRAIN else CLEAN, len(split))
    severities = split.columns.get("severity", np.zeros(len(split), np.int64))
    for name, severity, index, image in zip(names, severities, split.index, split.images, strict=True):
        yield str(name), int(severity), int(index), png_bits(image)


def sets_of(columns: dict[str, np.ndarray], plain: str, images: int) -> np.ndarray:
    """The set of each image: the corruption or the set of outliers that its columns name, or `plain`."""
    for column in ("corruption", "set"):
        if column in columns:
            return columns[column]
    return np.full(images, plain)
