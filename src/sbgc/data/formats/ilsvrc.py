"""ImageNet as the ILSVRC of 2012 has it: a folder with train, val, the published class index and the development kit.

    train/n01440764/n01440764_10026.JPEG        a sub-folder for each class, called by its WordNet number
    val/ILSVRC2012_val_00000001.JPEG            as published; or sorted into such sub-folders, as a common script does
    imagenet_class_index.json                   {"0": ["n01440764", "tench"], ...}: the label and the name of each class
    ILSVRC2012_devkit_t12/data/                 meta.mat and ILSVRC2012_validation_ground_truth.txt: the labels of val

The development kit numbers classes otherwise than the index: 1 to 1000, by `ILSVRC2012_ID` of meta.mat. It is needed
only where val is as published.
"""

import json
import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy.io
from jaxtyping import Int
from scipy.io.matlab import MatReadError

from sbgc.artifacts import ArtifactError, one_line, reading
from sbgc.artifacts.members import DAMAGE
from sbgc.data.formats.tree import cannot_be_read, refusal

INDEX = "imagenet_class_index.json"
KIT = "ILSVRC2012_devkit_t12/data"
TRUTH, META = f"{KIT}/ILSVRC2012_validation_ground_truth.txt", f"{KIT}/meta.mat"
WORDNET = re.compile(r"n\d{8}")
ENDINGS = (".jpeg", ".jpg", ".png")  # one picture of the training set is a PNG, whatever its name says
Numbers = dict[str, int]  # of each class by its WordNet number


class Pictures(NamedTuple):
    """The pictures below a folder and their labels; the last `official_test` are those of val.

    files: relative paths. class_names: the name of each class, in the order of the labels, told apart by the WordNet
    number where two have one name.
    """

    files: tuple[str, ...]
    labels: Int[np.ndarray, " n"]
    official_test: int
    class_names: tuple[str, ...]


def read(folder: Path, num_classes: int) -> Pictures:
    """All pictures, by label and name those of train, and then by name those of val.

    Raises ArtifactError, which names the file or folder, what was found and what was expected.
    """
    numbers, names = _classes(folder / INDEX)
    if len(names) != num_classes:
        raise refusal(folder / INDEX, f"{len(names)} classes, expected num_classes = {num_classes}")
    train, labels = _sorted_into_classes(folder / "train", numbers)
    if _entries(folder / "val")[0].is_dir():
        val, val_labels = _sorted_into_classes(folder / "val", numbers)
    else:
        val, val_labels = _as_published(folder, numbers)
    files = tuple(str(path.relative_to(folder)) for path in (*train, *val))
    return Pictures(files, np.array([*labels, *val_labels], np.int64), len(val), names)


def _classes(path: Path) -> tuple[Numbers, tuple[str, ...]]:
    """The label of each class by its WordNet number, and the names by label."""
    expected = '{"0": ["n01440764", "tench"], ...}'
    try:
        with reading(path) as file:
            entries = json.loads(file.read_text(encoding="utf-8"))
        found = [entries[str(label)] for label in range(len(entries))]
        wordnet, names = [str(number) for number, _ in found], [str(name).replace("_", " ") for _, name in found]
    except ArtifactError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise refusal(path, f"not a class index, expected {expected}") from error
    for number in wordnet:
        if not WORDNET.fullmatch(number) or wordnet.count(number) > 1:
            raise refusal(path, f"{number!r} is no WordNet number of one class, expected such as n01440764")
    told = [
        f"{name} ({number})" if names.count(name) > 1 else name for name, number in zip(names, wordnet, strict=True)
    ]
    return {number: label for label, number in enumerate(wordnet)}, tuple(told)


def _sorted_into_classes(folder: Path, numbers: Numbers) -> tuple[list[Path], list[int]]:
    """The pictures of a folder with a sub-folder for each class, by label, and their labels."""
    found = {entry.name: Path(entry.path) for entry in _entries(folder)}
    if others := sorted(found.keys() - numbers.keys()):
        raise refusal(folder / others[0], f"not a class of {INDEX}, expected a sub-folder for each of them alone")
    if missing := [number for number in numbers if number not in found]:
        raise refusal(folder, f"no folder {missing[0]}, expected one for each of the {len(numbers)} classes of {INDEX}")
    pictures = {number: _pictures(found[number]) for number in numbers}
    labels = [label for number, label in numbers.items() for _ in pictures[number]]
    return [path for number in numbers for path in pictures[number]], labels


def _as_published(folder: Path, numbers: Numbers) -> tuple[list[Path], list[int]]:
    """The pictures of val in one folder, and their labels by the development kit."""
    pictures, wordnet = _pictures(folder / "val"), _wordnet_of(folder / META)
    with reading(folder / TRUTH) as file:
        lines = file.read_text(encoding="ascii", errors="replace").split()
    if len(lines) != len(pictures):
        raise refusal(folder / TRUTH, f"{len(lines)} labels, expected one for each of the {len(pictures)} files in val")
    labels = []
    for place, line in enumerate(lines, 1):
        number = wordnet.get(line)
        if number not in numbers:
            what = f"{line[:20]!r} in line {place} is {number or 'no class of meta.mat'}"
            raise refusal(folder / TRUTH, f"{what}, expected the ILSVRC2012_ID of a class of {INDEX}")
        labels.append(numbers[number])
    return pictures, labels


def _wordnet_of(path: Path) -> dict[str, str]:
    """The WordNet number of each ILSVRC2012_ID, which is told in decimal digits."""
    with reading(path):
        try:
            synsets = np.ravel(scipy.io.loadmat(path, variable_names=["synsets"], squeeze_me=True)["synsets"])
            return {str(int(one["ILSVRC2012_ID"])): str(one["WNID"]) for one in synsets}
        except (*DAMAGE, MatReadError, TypeError, LookupError) as error:
            raise ArtifactError(f"not the meta.mat of the development kit: {one_line(error)}") from error


def _pictures(folder: Path) -> list[Path]:
    found = _entries(folder)
    for entry in found:
        if Path(entry.name).suffix.lower() not in ENDINGS or not entry.is_file():
            raise refusal(Path(entry.path), "not a picture, expected files that end in .JPEG alone")
    return [Path(entry.path) for entry in found]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is visible in a folder, by name. No file is asked for more than its kind: there are a million."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
    except OSError as error:
        raise cannot_be_read(folder, error) from error
    if not found:
        raise refusal(folder, "holds nothing, expected pictures")
    return found
