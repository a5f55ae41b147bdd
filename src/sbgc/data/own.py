"""A dataset of a user's own: read from a folder or an .npz, and checked against what the configuration says of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.data import duplicates
from sbgc.data.formats import arrays, folder
from sbgc.data.formats.tree import is_folder
from sbgc.data.labeled import Labeled, as_split

CHANNELS = (1, 3)


def read(
    path: Path,
    name: str,
    image_shape: tuple[int, int, int],
    num_classes: int,
    levels: int,
    say: Callable[[str], object],
) -> Split:
    """All its images, those set aside for tests last.

    image_shape: [H, W, C] of every image, C of 1 or 3. levels: pixels are 0 to levels - 1. say: is told, a line each,
    how many images each class has, what was skipped or converted, and how many images occur twice. Raises ArtifactError
    naming the file or the class that is not as described.
    """
    if image_shape[2] not in CHANNELS:
        raise ArtifactError(f"{path}: image_shape has {image_shape[2]} channels, expected 1 or 3")
    if is_folder(path):
        found = folder.read(path, image_shape, num_classes, say)
    else:
        found = arrays.read(path, image_shape, num_classes)
    _refuse_labels(path, found)
    if (brightest := int(found.images.max())) >= levels:
        raise ArtifactError(f"{path}: gray level {brightest}, expected at most {levels - 1}")
    _report(path, found, say)
    return as_split(found, name, levels)


def _parts(dataset: Labeled) -> dict[str, slice]:
    """The training set and, where there is one, the test set; or the whole."""
    first_test = len(dataset.labels) - dataset.official_test
    if not dataset.official_test:
        return {"the dataset": slice(None)}
    return {"the training set": slice(first_test), "the test set": slice(first_test, None)}


def _refuse_labels(path: Path, dataset: Labeled) -> None:
    names, labels = dataset.class_names, dataset.labels
    for label in (labels.min(), labels.max()):
        if label not in range(len(names)):
            expected = f"expected 0 to {len(names) - 1}, since num_classes is {len(names)}"
            raise ArtifactError(f"{path}: found the label {label}, {expected}")
    for part, rows in _parts(dataset).items():
        counts = np.bincount(labels[rows], minlength=len(names))
        if not counts.all():
            lacking = int(counts.argmin())
            raise ArtifactError(f"{path}: {part} has no image of class {lacking} ({names[lacking]})")


def _report(path: Path, dataset: Labeled, say: Callable[[str], object]) -> None:
    first_test = len(dataset.labels) - dataset.official_test
    digests = duplicates.digests(dataset.images)
    train, test = digests[:first_test], digests[first_test:]
    counts = [np.bincount(part, minlength=len(dataset.class_names)) for part in np.split(dataset.labels, [first_test])]
    for label, name in enumerate(dataset.class_names):
        say(f"class {label} ({name}): {counts[0][label]} images, and {counts[1][label]} for tests")
    say(f"{path}: {len(train)} images of {len(dataset.class_names)} classes, and {len(test)} for tests")
    if again := duplicates.repeated(train):
        say(f"{path}: {again} of {len(train)} images equal an earlier one, to the last pixel")
    if again := duplicates.shared(test, train):
        say(f"{path}: {again} of {len(test)} images for tests are also among those for training, to the last pixel")
