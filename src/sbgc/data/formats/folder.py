"""A user's dataset as a folder of images: a class per sub-folder, or that below `train` and `test`.

Classes are numbered in the order of their names. Files are read in the order of theirs.
"""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from sbgc.artifacts import ArtifactError
from sbgc.data.labeled import Labeled, joined

MODES = {1: "L", 3: "RGB"}
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")


def read(root: Path, image_shape: tuple[int, int, int]) -> Labeled:
    """The dataset; every image must have the shape [H, W, C], C of 1 or 3. Raises ArtifactError naming what is not."""
    if image_shape[2] not in MODES:
        raise ArtifactError(f"{root}: image_shape has {image_shape[2]} channels; images in a folder have 1 or 3")
    parts = [root / "train", root / "test"]
    if not all(part.is_dir() for part in parts):
        return _classes(root, _names(root), image_shape)
    names = _names(parts[0])
    if _names(parts[1]) != names:
        raise ArtifactError(f"{root}: train and test have different classes: {names} and {_names(parts[1])}")
    return joined(*(_classes(part, names, image_shape) for part in parts))


def _names(root: Path) -> list[str]:
    names = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if not names:
        raise ArtifactError(f"{root}: expected a folder with a sub-folder for each class")
    return names


def _classes(root: Path, names: list[str], image_shape: tuple[int, int, int]) -> Labeled:
    files = [(path, label) for label, name in enumerate(names) for path in _files(root / name)]
    images = np.stack([_image(path, image_shape) for path, _ in files])
    return Labeled(images, np.array([label for _, label in files], np.int64))


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not found:
        raise ArtifactError(f"{folder}: holds no image")
    return found


def _image(path: Path, image_shape: tuple[int, int, int]) -> np.ndarray:
    height, width, channels = image_shape
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.size == (width, height):  # told by the header: no pixel of a huge image is ever decoded
                return np.asarray(image.convert(MODES[channels])).reshape(image_shape)
            found = f"{image.size[1]} x {image.size[0]} pixels, expected {height} x {width}"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        found = f"not an image: {' '.join(str(error).split())}"
    raise ArtifactError(f"{path}: {found}")
