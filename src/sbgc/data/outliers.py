"""Images unlike a model's, of the same shape and grey levels: its own beyond recognition, photographs, other datasets.

"blanked" gives every pixel its image's mean grey level, "shuffled" moves the pixels of each image to random places, and
"inverted" turns dark to bright. The first has less detail than any training image, the second has the same histogram,
and the third the same edges.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image

from sbgc.artifacts import ArtifactError, Split
from sbgc.data import composites
from sbgc.data.formats import any_picture
from sbgc.keys import generator_for

Images = UInt8[np.ndarray, "n height width channels"]
Index = Int[np.ndarray, " n"]


def blanked(images: Images, index: Index, levels: int, seed: int) -> Images:
    """Each pixel the mean grey level of its image, of each channel by itself."""
    means = np.rint(images.mean(axis=(1, 2), keepdims=True)).astype(np.uint8)
    return np.broadcast_to(means, images.shape).copy()


def shuffled(images: Images, index: Index, levels: int, seed: int) -> Images:
    """The pixels of each image in an order of its own, which the seed and the image's number decide."""
    n, height, width, channels = images.shape
    flat = images.reshape(n, height * width, channels)
    orders = [generator_for(seed, "shuffle", int(number)).permutation(height * width) for number in index]
    return np.stack([one[order] for one, order in zip(flat, orders, strict=True)]).reshape(images.shape)


def inverted(images: Images, index: Index, levels: int, seed: int) -> Images:
    """L - 1 minus the grey level."""
    return (levels - 1 - images).astype(np.uint8)


ALTERED: dict[str, Callable[[Images, Index, int, int], Images]] = {
    "blanked": blanked,
    "shuffled": shuffled,
    "inverted": inverted,
}


def altered(test: Split, name: str, count: int, levels: int, seed: int) -> Split:
    """The first `count` test images, altered. Each keeps its number, and so its noise."""
    first = test.take(slice(0, count))
    return _outliers(test, name, ALTERED[name](first.images, first.index, levels, seed), first.index, altered=True)


def photographs(test: Split, count: int, levels: int, seed: int) -> Split:
    """Pieces of two photographs (data/composites.py)."""
    height, width, channels = test.images.shape[1:]
    colored = composites.pieces(height, width, count, seed)
    values = colored if channels == 3 else (colored @ composites.LUMA)[..., None]
    grey = np.rint(values * ((levels - 1) / 255.0)).astype(np.uint8)
    return _outliers(test, "photographs", grey, np.arange(count), altered=False)


def of_dataset(test: Split, name: str, other: Split, count: int, levels: int, seed: int) -> Split:
    """Random images of another dataset's test set, or of all where none is set aside, converted as single files are.

    Raises ArtifactError where there are fewer than `count`.
    """
    aside = int(other.meta.get("official_test", 0)) or len(other)
    if count > aside:
        raise ArtifactError(f"{name}: {count} outliers are asked for, and it has {aside} images for tests")
    rows = np.sort(generator_for(seed, "outliers").permutation(aside)[:count]) + len(other) - aside
    converted = [_converted(image, other.meta["levels"], test.images.shape[1:], levels) for image in other.images[rows]]
    return _outliers(test, name, np.stack(converted), other.index[rows], altered=False)


def _converted(image: np.ndarray, levels: int, image_shape: tuple[int, int, int], wanted: int) -> np.ndarray:
    if (image.shape, levels) == (image_shape, wanted):
        return image
    eight_bits = np.rint(image * (255.0 / (levels - 1))).astype(np.uint8)
    picture = Image.fromarray(eight_bits[..., 0] if image.shape[2] == 1 else eight_bits)
    return any_picture.fitted(picture, image_shape, wanted, told=[])


def _outliers(test: Split, name: str, images: np.ndarray, index: np.ndarray, altered: bool) -> Split:
    """Their labels mean nothing to the model. altered: whether they are made of the test images of the same numbers."""
    n = len(images)
    columns = {"set": np.full(n, name), "altered": np.full(n, altered)}
    return Split(images, np.zeros(n, np.int64), index, columns, test.meta | {"split": "outliers", "labeled": False})
