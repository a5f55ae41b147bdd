"""The contact sheet's images: one image, clean and under every corruption."""

from dataclasses import replace

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.steps import arrange_contact_sheet

IMAGES = np.random.default_rng(0).integers(0, 17, (4, 8, 8, 1)).astype(np.uint8)
FACTS = {"dataset": "digits", "levels": 17, "split": "test", "class_names": ["cat", "dog"]}
CLEAN = Split(IMAGES, np.array([1, 0, 0, 1]), np.array([7, 3, 9, 1]), {}, FACTS)


def darkened(kind, source="CIFAR-10-C style", rows=(2, 0, 1)):
    """Half the gray levels at severity 1, a quarter at severity 2; the images are in another order than clean ones."""
    part = CLEAN.take(np.tile(rows, 2))
    severity = np.repeat([1, 2], len(rows))
    images = (part.images // (2 ** severity[:, None, None, None])).astype(np.uint8)
    facts = FACTS | {"split": f"corrupt-{kind}", "corruption": kind, "corruption_source": source}
    return replace(part, images=images, columns={"severity": severity}, meta=facts)


def arranged(folder, *corrupted):
    artifacts.write_split(folder / "clean.npz", CLEAN)
    for number, split in enumerate(corrupted):
        artifacts.write_split(folder / f"{number}.npz", split)
    paths = [f"{folder}/{number}.npz" for number in range(len(corrupted))]
    arguments = [f"--clean={folder}/clean.npz", "--corrupted", *paths, f"--out={folder}/sheet.npz"]
    arrange_contact_sheet.main(arguments)
    return artifacts.read_split(folder / "sheet.npz")


def test_the_first_clean_image_stands_before_itself_under_every_corruption_and_severity(tmp_path):
    sheet = arranged(tmp_path, darkened("fog"), darkened("contrast"))
    assert sheet.columns["corruption"].tolist() == ["clean", "fog", "fog", "contrast", "contrast"]
    assert sheet.columns["severity"].tolist() == [0, 1, 2, 1, 2]
    assert (set(sheet.index), set(sheet.labels)) == ({7}, {1})
    np.testing.assert_array_equal(sheet.images, np.stack([IMAGES[0] // k for k in (1, 2, 4, 2, 4)]))
    assert sheet.meta["class_names"] == ["cat", "dog"]


def test_all_sources_of_the_corrupted_images_are_named(tmp_path):
    assert arranged(tmp_path, darkened("fog")).meta["corruption_source"] == "CIFAR-10-C style"
    both = arranged(tmp_path, darkened("fog", "CIFAR-10-C"), darkened("contrast"))
    assert both.meta["corruption_source"] == "CIFAR-10-C and CIFAR-10-C style"


def test_a_corruption_without_the_image_is_refused_and_not_left_out(tmp_path):
    with pytest.raises(ArtifactError, match=r"1\.npz: does not hold image 7, the first of the clean split$"):
        arranged(tmp_path, darkened("fog"), darkened("contrast", rows=(1, 2)))
    assert not (tmp_path / "sheet.npz").exists()
