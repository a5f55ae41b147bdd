import hashlib
import os
import shutil
from pathlib import Path

import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data import content
from sbgc.data.content import content_digest

LONG_AGO = 10**18  # nanoseconds; nothing that old is still being written


@pytest.fixture
def root(tmp_path):
    """A folder of two classes whose files are old."""
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        write(tmp_path / "mine" / name, name)
    return tmp_path / "mine"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(LONG_AGO, LONG_AGO))


@pytest.fixture
def digest(tmp_path, monkeypatch):
    """The digest of a path, with a cache that lasts for the test, in which every file counts as old."""
    monkeypatch.setattr(content, "COARSE_NS", 0)
    return lambda path: content_digest(path, tmp_path / "cache")


@pytest.fixture
def opened(monkeypatch):
    """The names of the files whose bytes are read."""
    names, real = [], Path.open

    def spy(path, mode="r", *arguments, **options):
        if mode == "rb":
            names.append(path.name)
        return real(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", spy)
    return names


def edited(root, edit):
    if edit == "content":
        write(root / "cat/1.png", "CAT/1.png")
    elif edit == "content of the same size and date, in place":
        write(root / "cat/1.png", "cat/1.PNG")
    elif edit == "addition":
        write(root / "dog/2.png", "more")
    elif edit == "deletion":
        (root / "cat/2.png").unlink()
    elif edit == "another name":
        (root / "cat/2.png").rename(root / "cat/3.png")
    elif edit == "another class":
        (root / "cat/2.png").rename(root / "dog/2.png")
    elif edit == "two contents exchanged":
        write(root / "cat/1.png", "cat/2.png")
        write(root / "cat/2.png", "cat/1.png")
    elif edit == "another name of the class":
        (root / "dog").rename(root / "cow")


@pytest.mark.parametrize(
    "edit",
    [
        "content",
        "content of the same size and date, in place",
        "addition",
        "deletion",
        "another name",
        "another class",
        "two contents exchanged",
        "another name of the class",
    ],
)
def test_every_edit_of_the_dataset_changes_the_digest(root, digest, edit):
    before = digest(root)
    edited(root, edit)
    after = digest(root)
    assert after != before
    shutil.rmtree(root.parent / "cache")
    assert digest(root) == after


def test_dates_copies_and_hidden_files_change_nothing(root, digest, tmp_path):
    before = digest(root)
    os.utime(root / "cat/1.png")
    write(root / "cat/.hidden", "not read")
    assert digest(root) == before
    shutil.copytree(root, tmp_path / "copy")
    assert digest(tmp_path / "copy") == before


def test_only_files_that_changed_are_read_again(root, digest, opened):
    digest(root)
    assert sorted(opened) == ["1.png", "1.png", "2.png"]
    opened.clear()
    digest(root)
    assert opened == []
    edited(root, "content")
    digest(root)
    assert opened == ["1.png"]


def test_a_file_that_was_written_just_now_is_read_again(root, tmp_path, opened):
    """It may be written once more within the same tick of the file system's clock."""
    for _ in range(2):
        content_digest(root, tmp_path / "cache")
    assert len(opened) == 6


def test_the_digest_of_a_file_is_the_sha256_of_its_bytes(digest, tmp_path, opened):
    write(tmp_path / "mine.npz", "arrays")
    for _ in range(2):
        assert digest(tmp_path / "mine.npz") == hashlib.sha256(b"arrays").hexdigest()
    assert opened == ["mine.npz"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"cat/1.png": 3}', '{"cat/1.png": [[], "no digest"]}'])
def test_a_damaged_cache_is_made_anew(root, digest, tmp_path, damage):
    before = digest(root)
    (kept,) = (tmp_path / "cache").iterdir()
    sound = kept.read_text()
    kept.write_text(damage)
    assert digest(root) == before
    assert kept.read_text() == sound


def test_without_a_cache_that_can_be_written_the_digest_is_the_same(root, digest, tmp_path):
    (tmp_path / "file").touch()
    assert content_digest(root, tmp_path / "file") == digest(root)


def test_two_datasets_do_not_share_a_cache(root, digest, tmp_path, opened):
    shutil.copytree(root, tmp_path / "copy")
    for path in (root, tmp_path / "copy", root, tmp_path / "copy"):
        digest(path)
    assert len(opened) == 6


def test_what_cannot_be_read_is_refused_in_one_line(root, digest, tmp_path, monkeypatch):
    with pytest.raises(ArtifactError, match="none: cannot be read: No such file or directory"):
        digest(tmp_path / "none")
    (root / "cat/link").symlink_to("nowhere")
    with pytest.raises(ArtifactError, match="cat/link: a link to something that does not exist"):
        digest(root)
    (root / "cat/link").unlink()

    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # the tests may run as root, who may read everything
    with pytest.raises(ArtifactError, match="cat/1.png: cannot be read: Permission denied$"):
        digest(root)
