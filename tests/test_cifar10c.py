import hashlib
import json

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.data import cifar10c
from sbgc.steps import corrupt, fetch_cifar10c


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """An array laid out as upstream's: each pixel tells its severity and its image."""
    path = tmp_path_factory.mktemp("official") / "fog.npy"
    whole = np.lib.format.open_memmap(path, "w+", np.uint8, cifar10c.SHAPE)
    severity, image = np.divmod(np.arange(50_000), 10_000)
    whole[:, 0, 0, 0], whole[:, 0, 0, 1], whole[:, 0, 0, 2] = severity + 1, image // 256, image % 256
    whole.flush()
    return path


def number(images):
    return images[:, 0, 0, 1] * np.array(256) + images[:, 0, 0, 2]


def test_blocks_of_all_images_ascend_in_severity(official):
    index = np.array([9_999, 0, 4_321])
    for severity in range(1, 6):
        found = cifar10c.images(official, index, severity)
        assert (found[:, 0, 0, 0] == severity).all()
        np.testing.assert_array_equal(number(found), index)


@pytest.mark.parametrize(("severity", "index"), [(0, 1), (6, 1), (1, 10_000), (1, -1)])
def test_what_is_not_in_the_archive_is_refused(official, severity, index):
    line = "must be 1 to 5" if index == 1 else "CIFAR-10-C has 10000"
    with pytest.raises(ArtifactError, match=line):
        cifar10c.images(official, np.array([index]), severity)


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (
            np.zeros((10_000, 32, 32, 3), np.uint8),
            r"found uint8 \[10000, 32, 32, 3\], expected uint8 \[50000, 32, 32, 3",
        ),
        (np.zeros((50_000, 1), np.uint8), r"found uint8 \[50000, 1\]"),
        (np.array([object()]), "not an array"),
    ],
)
def test_other_arrays_are_refused_in_one_line(tmp_path, array, line):
    np.save(tmp_path / "fog.npy", array)
    with pytest.raises(ArtifactError, match=f"fog.npy: {line}"):
        cifar10c.images(tmp_path / "fog.npy", np.arange(3), 1)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00"])
def test_what_is_no_array_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "fog.npy").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"fog.npy: not an array") as error:
        cifar10c.images(tmp_path / "fog.npy", np.arange(3), 1)
    assert "\n" not in str(error.value)


def test_the_step_takes_the_images_of_the_split_from_the_archive(official, tmp_path):
    index = np.array([50_007, 59_999, 50_000])
    pixels = np.zeros((3, 32, 32, 3), np.uint8)
    split = Split(pixels, np.array([3, 1, 4]), index, {}, {"first_test": 50_000, "split": "test"})
    artifacts.write_split(tmp_path / "test.npz", split)
    numbers = ["--images=2", "--levels=256", "--seed=0"]
    paths = [f"--split={tmp_path}/test.npz", f"--official={official}", f"--out={tmp_path}/out.npz"]
    corrupt.main([*numbers, *paths, "--corruption=fog"])
    found = artifacts.read_split(tmp_path / "out.npz")
    assert found.columns["severity"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert found.images[:, 0, 0, 0].tolist() == found.columns["severity"].tolist()
    np.testing.assert_array_equal(number(found.images), [7, 9999] * 5)
    assert found.labels.tolist() == [3, 1] * 5
    assert found.index.tolist() == [50_007, 59_999] * 5
    assert found.meta["corruption_source"] == "CIFAR-10-C"


def test_files_are_copied_only_with_their_hash(tmp_path, monkeypatch):
    (tmp_path / "CIFAR-10-C").mkdir()
    (tmp_path / "CIFAR-10-C/fog.npy").write_bytes(b"content")
    arguments = ["--corruptions", "fog", f"--sources={json.dumps([str(tmp_path)])}", f"--cache={tmp_path}/cache"]
    with pytest.raises(ArtifactError, match=r"fog.npy: found MD5 \w+, expected 7b397314"):
        fetch_cifar10c.main([*arguments, f"--folder={tmp_path}/raw"])
    assert not (tmp_path / "raw/fog.npy").exists()
    monkeypatch.setitem(cifar10c.ARCHIVE.members, "CIFAR-10-C/fog.npy", hashlib.md5(b"content").hexdigest())
    fetch_cifar10c.main([*arguments, f"--folder={tmp_path}/raw"])
    assert (tmp_path / "raw/fog.npy").read_bytes() == b"content"
