"""From a folder of pictures to splits whose images lie in files: no more than one picture is in memory at a time."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from sbgc.artifacts import ArtifactError, write_images
from sbgc.artifacts.listings import Listing
from sbgc.data.formats import any_picture
from sbgc.data.formats.ilsvrc import Pictures
from sbgc.data.formats.tree import cannot_be_read, refusal
from sbgc.data.splits import choose

LEVELS = 256
USUAL = "pixels to"  # almost every picture has another size


def folder_given(value: str) -> Path:
    """The folder that `downloads.ilsvrc` names. Raises ArtifactError where it names none: nothing can be downloaded."""
    if value == "none":
        rule = "expected the folder with train, val and the class index (docs/data.md)"
        raise ArtifactError(f"downloads.ilsvrc is null, {rule}; it cannot be downloaded")
    return Path(value)


def listings(pictures: Pictures, validation: int, test: int, seed: int, meta: dict[str, object]) -> dict[str, Listing]:
    """The pictures of the train, validation and test splits, chosen as those of any dataset (data/splits.py)."""
    labels, names = pictures.labels, pictures.class_names
    rows, facts = choose(labels, pictures.official_test, names, validation, test, seed)
    files = np.array(pictures.files)
    return {name: Listing(files[at], labels[at], at, meta | facts | {"split": name}) for name, at in rows.items()}


def store(
    folder: Path,
    listing: Listing,
    file: int,
    files: int,
    image_shape: tuple[int, int, int],
    out: Path,
    told: Callable[[], object],
) -> Counter[str]:
    """Write the file-th of `files` parts of a listing, uint8 [n, *image_shape]; and how often what was converted.

    The largest centered rectangle of each picture's proportions is cut out and resampled (data/formats/any_picture.py).
    told: is called after each picture. Raises ArtifactError, which names the picture, where one cannot be read.
    """
    first, last = (round(len(listing) * edge / files) for edge in (file, file + 1))
    if first == last:
        split = listing.meta["split"]
        rule = f"lower execution.image_files, or delete results/EXPERIMENT/splits/{split} if it was made of more"
        raise ArtifactError(f"{split}: {files} files for {len(listing)} pictures; {rule}")
    remarks = Counter[str]()

    def read() -> Iterator[np.ndarray]:
        for name in listing.files[first:last].tolist():
            image, converted = _picture(folder / name, image_shape)
            remarks.update(remark for remark in converted if USUAL not in remark)
            yield image
            told()

    write_images(out, read(), (last - first, *image_shape))
    return remarks


def _picture(path: Path, image_shape: tuple[int, int, int]) -> tuple[np.ndarray, list[str]]:
    try:
        return any_picture.read(path.read_bytes(), image_shape, LEVELS)
    except OSError as error:
        raise cannot_be_read(path, error) from error
    except ArtifactError as error:
        raise refusal(path, str(error)) from error
