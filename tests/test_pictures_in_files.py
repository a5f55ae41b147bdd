"""From a made-up folder of ImageNet's layout to splits whose images lie in files, by the steps that rules call."""

import ilsvrc_folder
import numpy as np
import pytest
from PIL import Image

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.artifacts.listings import Listing, read_listing, write_listing
from sbgc.config.experiment import Dataset, Ilsvrc
from sbgc.steps import join_pictures, list_pictures, store_pictures

DATASET = Dataset(
    name="made_up",
    ilsvrc=Ilsvrc(margin=4),
    levels=256,
    image_shape=(24, 32, 3),
    num_classes=len(ilsvrc_folder.WORDNET),
    validation=5,
    test=10,
    seed=0,
)
SETTINGS = ["--dataset", DATASET.model_dump_json()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return ilsvrc_folder.make(tmp_path_factory.mktemp("made_up") / "ilsvrc", train=4, val=15)


@pytest.fixture(scope="module")
def listed(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("listed")
    paths = [f"--{name}={out / name}.npz" for name in ("train", "validation", "test")]
    list_pictures.main(["--folder", str(folder), *SETTINGS, *paths])
    return out


def stored(folder, listed, out, split, files):
    """A split that is stored in so many files."""
    paths = [out / split / f"{file}-of-{files}.npy" for file in range(files)]
    for file, path in enumerate(paths):
        part = ["--listing", str(listed / f"{split}.npz"), "--file", str(file), "--files", str(files)]
        size = ["--height", "24", "--width", "32", "--margin", "4"]
        store_pictures.main(["--folder", str(folder), *size, *part, "--out", str(path)])
    listing = ["--listing", str(listed / f"{split}.npz"), "--margin", "4", "--out", str(out / f"{split}.npz")]
    join_pictures.main([*listing, "--files", *map(str, paths)])
    return out / f"{split}.npz"


def test_the_splits_are_disjoint_and_the_test_split_is_of_val_alone(listed):
    splits = {name: read_listing(listed / f"{name}.npz") for name in ("train", "validation", "test")}
    assert {name: len(one) for name, one in splits.items()} == {"train": 15, "validation": 5, "test": 10}
    every = np.concatenate([one.index for one in splits.values()])
    assert len(set(every.tolist())) == 30
    assert all(name.startswith("val/") for name in splits["test"].files)
    assert all(name.startswith("train/") for part in ("train", "validation") for name in splits[part].files)
    for one in splits.values():
        for name, label in zip(one.files, one.labels, strict=True):
            number = int(name[-13:-5]) - 1 if name.startswith("val/") else None
            wanted = number % 5 if number is not None else ilsvrc_folder.WORDNET.index(name.split("/")[1])
            assert label == wanted
    assert splits["test"].meta["first_test"] == 20
    assert splits["test"].meta["class_names"][3] == "crane (n02012849)"


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_number_of_files_changes_no_image(folder, listed, tmp_path, split):
    one, several = (
        artifacts.read_split(stored(folder, listed, tmp_path / str(files), split, files), surroundings=4)
        for files in (1, 3)
    )
    np.testing.assert_array_equal(one.images[:], several.images[:])
    assert one.labels.tolist() == several.labels.tolist()
    assert one.meta == several.meta


def test_images_are_the_middle_of_their_pictures_and_surroundings_lie_around(folder, listed, tmp_path):
    """The largest centered rectangle of 32 by 40 pixels' proportions, by Pillow itself."""
    path = stored(folder, listed, tmp_path, "test", 2)
    listing, whole, inner = read_listing(listed / "test.npz"), artifacts.read_split(path, 4), artifacts.read_split(path)
    assert whole.images.shape == (10, 32, 40, 3)
    with Image.open(folder / listing.files[3]) as picture:  # 90 x 70 pixels, of which 88 x 70 have these proportions
        middle = picture.crop((1, 0, 89, 70)).resize((40, 32), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(whole.images[3], np.asarray(middle))
    np.testing.assert_array_equal(inner.images[3], np.asarray(middle)[4:-4, 4:-4])


def test_what_was_converted_is_told(folder, listed, tmp_path, capsys):
    stored(folder, listed, tmp_path, "train", 1)
    stored(folder, listed, tmp_path, "validation", 1)
    told = capsys.readouterr().err
    assert "pictures that were converted (from CMYK to RGB): 1" in told
    assert "pictures that were converted (gray to three equal channels): 1" in told


def test_a_picture_that_cannot_be_read_is_named_and_leaves_no_file(listed, tmp_path):
    broken = ilsvrc_folder.make(tmp_path / "broken", train=4, val=15)
    name = read_listing(listed / "train.npz").files[2]
    (broken / name).write_bytes(b"not a picture")
    with pytest.raises(ArtifactError, match=f"{name}: of no known format"):
        stored(broken, listed, tmp_path / "out", "train", 1)
    (broken / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: cannot be read: No such file"):
        stored(broken, listed, tmp_path / "out", "train", 1)
    assert not list((tmp_path / "out").rglob("*.np[yz]"))


def test_more_files_than_pictures_are_refused(folder, listed, tmp_path):
    with pytest.raises(ArtifactError, match=r"^train: 20 files for 15 pictures; lower execution.image_files, or"):
        stored(folder, listed, tmp_path, "train", 20)


def test_files_of_another_number_of_images_make_no_split(folder, listed, tmp_path):
    stored(folder, listed, tmp_path, "train", 3)
    files = [str(tmp_path / "train" / f"{file}-of-3.npy") for file in range(2)]
    out = ["--margin", "4", "--out", str(tmp_path / "other.npz")]
    with pytest.raises(ArtifactError, match=r"train.npz: 15 pictures, but 10 images in the files$"):
        join_pictures.main(["--listing", str(listed / "train.npz"), "--files", *files, *out])


def test_without_a_folder_the_step_says_what_is_missing(listed, tmp_path):
    arguments = [*SETTINGS, *(f"--{name}={tmp_path / name}" for name in ("train", "validation", "test"))]
    with pytest.raises(ArtifactError, match=r"^downloads.ilsvrc is null, expected the folder with train, val and the"):
        list_pictures.main(["--folder", "none", *arguments])


@pytest.mark.parametrize("name", ["../secret.JPEG", "/etc/passwd"])
def test_a_listing_that_names_files_elsewhere_is_refused(tmp_path, name):
    write_listing(tmp_path / "x.npz", Listing(np.array([name]), np.zeros(1, int), np.zeros(1, int), {}))
    with pytest.raises(ArtifactError, match=f"x.npz: '{name}' is not below the folder of the pictures"):
        read_listing(tmp_path / "x.npz")
