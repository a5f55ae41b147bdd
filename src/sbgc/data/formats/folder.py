"""A user's dataset as a folder of images: a sub-folder for each class, or that below `train` and `test`."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import picture
from sbgc.data.formats.tree import tree
from sbgc.data.labeled import Labeled

NAMED = 5  # classes that an error lists


def read(root: Path, image_shape: tuple[int, int, int], num_classes: int, say: Callable[[str], object]) -> Labeled:
    """The dataset, the images in `test` last; labels follow the natural order of the classes' names.

    Every image must have the shape [H, W, C], C of 1 or 3. say: is told in a line each what was skipped and what was
    converted. Raises ArtifactError naming what is not as expected.
    """
    found = tree(root)
    if len(found.names) != num_classes:
        listed = ", ".join(found.names[:NAMED]) + (", ..." if len(found.names) > NAMED else "")
        raise ArtifactError(f"{root}: num_classes is {len(found.names)} ({listed}), expected {num_classes}")
    if found.hidden:
        say(f"{root}: {found.hidden} hidden files or folders were skipped")
    files = list(found.files())
    images, remarks = np.empty((len(files), *image_shape), np.uint8), Counter[str]()
    for row, path in enumerate(files):
        images[row], converted = picture.read(path, image_shape)
        remarks.update(converted)
    for remark, count in sorted(remarks.items()):
        say(f"{root}: {count} of {len(files)} images were {remark}")
    labels = [np.repeat(np.arange(num_classes), [len(of_class) for of_class in part]) for part in found.parts]
    return Labeled(images, np.concatenate(labels), sum(map(len, labels[1:])), found.names)
