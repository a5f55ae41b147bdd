import os
import socket

import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.formats.tree import is_folder, natural_order, refusal, tree


@pytest.fixture
def root(tmp_path):
    """Two classes of two files each."""
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        touch(tmp_path / "mine" / name)
    return tmp_path / "mine"


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def test_numbers_are_ordered_by_number_and_other_names_as_text():
    assert natural_order(["10", "9", "0", "1"]) == ["0", "1", "9", "10"]
    assert natural_order(["010", "9", "00"]) == ["00", "9", "010"]
    assert natural_order(["b10", "b9", "a"]) == ["a", "b10", "b9"]
    assert natural_order(["10", "9", "x"]) == ["10", "9", "x"]
    assert natural_order(["2", "²"]) == ["2", "²"]


def test_classes_and_files_are_listed_in_order(root):
    found = tree(root)
    assert found.names == ("cat", "dog")
    relative = [path.relative_to(root).as_posix() for path in found.files()]
    assert relative == ["cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"]


def test_train_and_test_are_parts_and_train_comes_first(root, tmp_path):
    for part in ("test", "train"):
        for name in ("10", "9"):
            touch(tmp_path / "cut" / part / name / "x.png")
    found = tree(tmp_path / "cut")
    assert found.names == ("9", "10")
    relative = [path.relative_to(tmp_path / "cut").as_posix() for path in found.files()]
    assert relative == ["train/9/x.png", "train/10/x.png", "test/9/x.png", "test/10/x.png"]


def test_hidden_names_are_skipped_and_counted(root):
    for name in (".DS_Store", "cat/.hidden.png", "dog/.cache/x.png"):
        touch(root / name)
    found = tree(root)
    assert (len(list(found.files())), found.hidden) == (4, 3)


def test_links_to_files_and_to_classes_are_followed(root, tmp_path):
    (root / "cat/3.png").symlink_to(root / "dog/1.png")
    (root / "cow").symlink_to(root / "dog")
    assert len(list(tree(root).files())) == 7


def odd(root, kind):
    """Put something into the class `cat` that is no image file; its name is `odd`."""
    path = root / "cat/odd"
    if kind == "broken link":
        path.symlink_to(root / "nowhere")
    elif kind == "looping link":
        path.symlink_to(path)
    elif kind == "link to the folder above":
        path.symlink_to(root)
    elif kind == "folder":
        touch(path / "x.png")
    elif kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        os.chdir(path.parent)  # the name of a socket may have no more than 108 bytes
        socket.socket(socket.AF_UNIX).bind("odd")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("broken link", "a link to something that does not exist"),
        ("looping link", "a link that leads back to itself"),
        ("link to the folder above", "a folder in the class 'cat', expected images alone"),
        ("folder", "a folder in the class 'cat', expected images alone"),
        ("named pipe", "a named pipe in the class 'cat', expected images alone"),
        ("socket", "a socket in the class 'cat', expected images alone"),
    ],
)
def test_what_is_no_file_is_refused_by_name(root, kind, line, monkeypatch):
    monkeypatch.chdir(root)
    odd(root, kind)
    with pytest.raises(ArtifactError, match=f"mine/cat/odd: {line}$"):
        tree(root)


@pytest.mark.parametrize("other", ["val/cat/1.png", "validation/cat/1.png", "readme.txt"])
def test_whatever_lies_beside_train_and_test_is_refused(tmp_path, other):
    for name in ("train/cat/1.png", "test/cat/1.png", other):
        touch(tmp_path / "mine" / name)
    with pytest.raises(ArtifactError, match=f"mine/{other.split('/')[0]}: found beside train and test"):
        tree(tmp_path / "mine")


def test_files_beside_classes_are_refused(root, tmp_path):
    touch(root / "labels.csv")
    with pytest.raises(ArtifactError, match=r"mine/labels.csv: a file, expected a sub-folder for each class"):
        tree(root)


def test_classes_of_train_and_test_must_be_the_same(tmp_path):
    for name in ("train/cat/1.png", "train/dog/1.png", "test/dog/1.png", "test/cow/1.png"):
        touch(tmp_path / name)
    with pytest.raises(ArtifactError, match="train and test have different classes: train has no 'cow'"):
        tree(tmp_path)


def test_a_class_without_images_is_refused(root):
    (root / "empty").mkdir()
    touch(root / "empty/.hidden")
    with pytest.raises(ArtifactError, match="mine/empty: holds no image"):
        tree(root)
    (root / "none").mkdir()
    with pytest.raises(ArtifactError, match="mine/none: holds nothing; expected a sub-folder for each class"):
        tree(root / "none")


@pytest.mark.parametrize("name", ["a\nb", "\udcff", "a\x1b[31m"])
def test_names_of_classes_are_text_and_errors_stay_on_one_line(root, name):
    touch(root / name / "1.png")
    with pytest.raises(ArtifactError, match="the name of a class must be printable text") as error:
        tree(root)
    assert str(error.value).isprintable()


def test_an_unreadable_folder_is_refused_in_one_line(root, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, who may read everything
    with pytest.raises(ArtifactError, match=r"mine: cannot be read: Permission denied$"):
        tree(root)


def test_a_path_is_a_folder_or_a_file_and_everything_else_is_refused(root, tmp_path):
    assert is_folder(root)
    assert not is_folder(root / "cat/1.png")
    os.mkfifo(tmp_path / "pipe")
    for name, line in (("pipe", "a named pipe, expected a folder"), ("none", "cannot be read: No such file")):
        with pytest.raises(ArtifactError, match=f"{name}: {line}"):
            is_folder(tmp_path / name)
    assert str(refusal(tmp_path / "a\nb", "wrong")).isprintable()
