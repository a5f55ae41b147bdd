import os

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, StoredImages
from sbgc.artifacts.stored_images import OPEN

RANDOM = np.random.default_rng(0)
MARGIN = 2
WHOLE = RANDOM.integers(0, 256, (7, 8, 9, 3)).astype(np.uint8)  # with two pixels on each side
EDGES = (0, 3, 4, 7)
NAMES = [f"train/{number}-of-3.npy" for number in range(3)]


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in NAMES]
    for path, first, last in zip(paths, EDGES, EDGES[1:], strict=False):
        artifacts.write_images(path, WHOLE[first:last], (last - first, 8, 9, 3))
    return paths


@pytest.fixture
def path(files, tmp_path):
    facts = {"levels": 256, "split": "train"}
    artifacts.write_stored_split(tmp_path / "train.npz", np.arange(7) % 3, np.arange(7) + 50, NAMES, MARGIN, facts)
    return tmp_path / "train.npz"


ROWS = {
    "number": 5,
    "last": -1,
    "slice": slice(2, 6),
    "all": slice(None),
    "none": slice(3, 3),
    "numbers": np.array([6, 0, 3, 3]),
    "grid": np.array([[6, 0], [3, 2]]),
    "truth": np.arange(7) % 2 == 0,
}


@pytest.mark.parametrize("surroundings", [0, 1, 2])
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows_are_those_of_an_array_and_no_surroundings_but_the_wanted_ones(files, rows, surroundings):
    cut = MARGIN - surroundings
    inner = WHOLE[:, cut : 8 - cut, cut : 9 - cut]
    found = StoredImages(files, MARGIN, surroundings)
    assert (found.shape, len(found), found.dtype, found.ndim) == (inner.shape, 7, np.uint8, 4)
    np.testing.assert_array_equal(found[rows], inner[rows])


def test_a_row_that_is_not_there_is_an_index_error_as_of_an_array(files):
    with pytest.raises(IndexError):
        StoredImages(files, MARGIN)[7]


def test_nobody_takes_all_of_them_for_an_array_by_mistake(files):
    with pytest.raises(TypeError, match="lie in files: take the rows"):
        np.asarray(StoredImages(files, MARGIN))


def test_the_files_are_as_numpy_writes_them(files):
    np.testing.assert_array_equal(np.load(files[1], allow_pickle=False), WHOLE[3:4])


def test_a_writing_that_fails_leaves_no_file(tmp_path):
    def images():
        yield WHOLE[0]
        raise ArtifactError("a picture is damaged")

    with pytest.raises(ArtifactError):
        artifacts.write_images(tmp_path / "0-of-1.npy", images(), (2, 8, 9, 3))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_images_than_the_header_says_is_a_mistake_of_the_program(tmp_path, count):
    with pytest.raises(ValueError, match="zip"):
        artifacts.write_images(tmp_path / "0-of-1.npy", WHOLE[:count], (2, 8, 9, 3))
    assert not list(tmp_path.iterdir())


def test_a_stored_split_reads_as_one_in_a_single_file(path, tmp_path):
    found = artifacts.read_split(path)
    inner = WHOLE[:, 2:6, 2:7]
    assert found.meta == {"levels": 256, "split": "train"}
    part = found.take(np.array([6, 2]))
    np.testing.assert_array_equal(part.images, inner[[6, 2]])
    assert (part.labels.tolist(), part.index.tolist()) == ([0, 2], [56, 52])
    np.testing.assert_array_equal(artifacts.read_split(path, 2).take(slice(1)).images, WHOLE[:1])


def test_more_surroundings_than_there_are_are_refused(path, tmp_path):
    with pytest.raises(ArtifactError, match=r"2 pixels around each image, expected at least 3$"):
        artifacts.read_split(path, 3)
    plain = artifacts.read_split(path).take(slice(2))
    artifacts.write_split(tmp_path / "plain.npz", plain)
    with pytest.raises(ArtifactError, match=r"plain.npz: its images have no surroundings, and some are asked for$"):
        artifacts.read_split(tmp_path / "plain.npz", 1)


@pytest.mark.parametrize("margin", [4, 100])
def test_a_margin_that_leaves_no_image_is_refused(files, margin):
    with pytest.raises(ArtifactError, match=rf"8x9 pixels, expected more than a margin of {margin} around$"):
        StoredImages(files, margin)


@pytest.mark.parametrize("margin", [True, 1.0, None])
def test_a_margin_is_a_whole_number(path, tmp_path, margin):
    artifacts.write_stored_split(path, np.zeros(7, int), np.zeros(7, int), NAMES, margin, {})
    with pytest.raises(ArtifactError, match="a stored split without its files and their margin"):
        artifacts.read_split(path)


def test_more_files_than_may_be_open_at_a_time_are_read(tmp_path):
    count = 2 * OPEN
    paths = [tmp_path / f"{number}.npy" for number in range(count)]
    for number, path in enumerate(paths):
        artifacts.write_images(path, np.full((1, 3, 3, 1), number, np.uint8), (1, 3, 3, 1))
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    images = StoredImages(paths, 1)
    assert images[::-1].ravel().tolist() == list(range(count))[::-1]
    if before:
        assert len(os.listdir("/proc/self/fd")) <= before + OPEN


def damaged(path):
    path.write_bytes(path.read_bytes()[:-5])


def objects(path):
    np.save(path, np.array([None, "x"], object), allow_pickle=True)


def floats(path):
    np.save(path, WHOLE[:1].astype(np.float32))


def other(path):
    np.save(path, WHOLE[:1, :7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damaged, "not a .npy of images: mmap length is greater than file size"),
        (objects, "not a .npy of images: Array can't be memory-mapped"),
        (floats, r"float32 \[1, 8, 9, 3\], expected uint8 \[n, H, W, C\]"),
        (other, r"images of \[7, 9, 3\], but \S+0-of-3.npy has \[8, 9, 3\]"),
        (lambda path: path.unlink(), "no such file"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_by_its_name(path, files, change, message):
    change(files[1])
    with pytest.raises(ArtifactError, match=f"train/1-of-3.npy: {message}"):
        artifacts.read_split(path)


@pytest.mark.parametrize("name", ["../train/0-of-3.npy", "/etc/0-of-3.npy", "train/0.npz", 3])
def test_a_split_names_no_file_elsewhere(tmp_path, name):
    artifacts.write_stored_split(tmp_path / "train.npz", np.zeros(1, int), np.zeros(1, int), [name], 0, {})
    with pytest.raises(ArtifactError, match="is no name of a file of images, expected such as train/0-of-8.npy"):
        artifacts.read_split(tmp_path / "train.npz")


def test_as_many_labels_as_images_are_wanted(files, tmp_path):
    artifacts.write_stored_split(tmp_path / "train.npz", np.zeros(6, int), np.zeros(6, int), NAMES, MARGIN, {})
    with pytest.raises(ArtifactError, match="7 images, but 6 labels"):
        artifacts.read_split(tmp_path / "train.npz")
