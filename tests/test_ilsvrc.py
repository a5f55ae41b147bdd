import json

import ilsvrc_folder
import numpy as np
import pytest
import scipy.io

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import ilsvrc

CLASSES = len(ilsvrc_folder.WORDNET)


@pytest.fixture
def folder(tmp_path):
    return ilsvrc_folder.make(tmp_path / "ilsvrc", train=2, val=7)


def test_pictures_come_by_label_and_name_and_those_of_val_last(folder):
    found = ilsvrc.read(folder, CLASSES)
    wanted = [f"train/{number}/{number}_{one}.JPEG" for number in ilsvrc_folder.WORDNET for one in range(2)]
    wanted += [f"val/ILSVRC2012_val_{one:08}.JPEG" for one in range(1, 8)]
    assert list(found.files) == wanted
    assert found.labels.tolist() == [*np.repeat(np.arange(CLASSES), 2), 0, 1, 2, 3, 4, 0, 1]
    assert found.official_test == 7


def test_two_classes_of_one_name_are_told_apart(folder):
    names = ("tench", "goldfish", "great white shark", "crane (n02012849)", "crane (n03126707)")
    assert ilsvrc.read(folder, CLASSES).class_names == names


def test_the_labels_of_val_are_the_same_when_it_is_sorted_into_classes(folder, tmp_path):
    other = ilsvrc_folder.make(tmp_path / "sorted", train=2, val=7, sorted_into_classes=True)
    first, second = ({path.split("/")[-1]: label for path, label in zip(found.files, found.labels, strict=True)}
                     for found in (ilsvrc.read(one, CLASSES) for one in (folder, other)))  # fmt: skip
    assert first == second


def test_the_numbers_of_the_development_kit_are_not_the_labels(folder):
    """Otherwise the made-up folder would not tell a reader that takes one for the other."""
    lines = (folder / ilsvrc.TRUTH).read_text().split()
    assert [int(line) - 1 for line in lines] != ilsvrc.read(folder, CLASSES).labels[-7:].tolist()


def test_what_is_hidden_is_no_picture(folder):
    (folder / "train" / ".DS_Store").touch()
    (folder / "val" / "._ILSVRC2012_val_00000001.JPEG").touch()
    assert len(ilsvrc.read(folder, CLASSES).files) == 2 * CLASSES + 7


def another_index(text):
    return lambda folder: (folder / ilsvrc.INDEX).write_text(text)


def one_label_less(folder):
    lines = (folder / ilsvrc.TRUTH).read_text().splitlines()
    (folder / ilsvrc.TRUTH).write_text("\n".join(lines[1:]))


def a_class_of_classes(folder):
    (folder / ilsvrc.TRUTH).write_text("6\n" * 7)


def another_meta(folder):
    scipy.io.savemat(folder / ilsvrc.META, {"synsets": np.arange(3)})


BROKEN = {
    "no index": (lambda folder: (folder / ilsvrc.INDEX).unlink(), "imagenet_class_index.json: no such file"),
    "no JSON": (another_index("{"), r"imagenet_class_index.json: not a class index, expected \{\"0\": \[\"n01440764\""),
    "no labels": (another_index('{"1": ["n01440764", "tench"]}'), "not a class index, expected"),
    "no pairs": (another_index('{"0": "n01440764"}'), "not a class index, expected"),
    "no WordNet number": (another_index(json.dumps({"0": ["../x", "x"]})), "'../x' is no WordNet number of one class"),
    "twice": (
        another_index(json.dumps({"0": ["n00000001", "x"], "1": ["n00000001", "y"]})),
        "'n00000001' is no WordNet number of one class",
    ),
    "no class folder": (
        lambda folder: (folder / "train" / "n01484850").rename(folder / "train" / ".hidden"),
        r"train: no folder n01484850, expected one for each of the 5 classes of imagenet_class_index.json",
    ),
    "another folder": (lambda folder: (folder / "train" / "n1").mkdir(), "train/n1: not a class of imagenet_class"),
    "no train": (lambda folder: (folder / "train").rename(folder / "images"), "train: cannot be read: No such file"),
    "no picture": (
        lambda folder: (folder / "train" / "n01440764" / "readme.txt").touch(),
        "readme.txt: not a picture, expected files that end in .JPEG alone",
    ),
    "a folder in a class": (
        lambda folder: (folder / "train" / "n01440764" / "more.JPEG").mkdir(),
        "more.JPEG: not a picture",
    ),
    "no labels of val": (lambda folder: (folder / ilsvrc.TRUTH).unlink(), "validation_ground_truth.txt: no such file"),
    "one label less": (one_label_less, "6 labels, expected one for each of the 7 files in val"),
    "a class of classes": (
        a_class_of_classes,
        "'6' in line 1 is n00001740, expected the ILSVRC2012_ID of a class of imagenet_class_index.json",
    ),
    "no meta.mat": (lambda folder: (folder / ilsvrc.META).unlink(), "meta.mat: no such file"),
    "damaged meta.mat": (
        lambda folder: (folder / ilsvrc.META).write_bytes(b"x" * 300),
        "meta.mat: not the meta.mat of the development kit",
    ),
    "another meta.mat": (another_meta, "meta.mat: not the meta.mat of the development kit"),
}


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN)
def test_another_layout_is_refused_in_one_line_that_names_the_file(folder, change, message):
    change(folder)
    with pytest.raises(ArtifactError, match=message) as caught:
        ilsvrc.read(folder, CLASSES)
    assert "\n" not in str(caught.value)


def test_as_many_classes_as_the_configuration_says_are_expected(folder):
    with pytest.raises(ArtifactError, match=r"imagenet_class_index.json: 5 classes, expected num_classes = 1000$"):
        ilsvrc.read(folder, 1000)
