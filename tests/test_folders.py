import os

import pytest

from sbgc.data.folders import at_hand, below, folder_of, names_of


def test_paths_and_file_addresses_are_folders_and_addresses_on_a_network_are_none():
    assert str(folder_of("/data/files")) == "/data/files"
    assert str(folder_of("file:///data/my%20files")) == "/data/my files"
    assert folder_of("https://zenodo.org/records") is None


def test_files_are_found_a_little_below_nearest_first(tmp_path):
    for place in ("a/b", "a"):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        (tmp_path / place / "fog.npy").touch()
    assert [path.parent.name for path in below(tmp_path, "fog.npy")] == ["a", "b"]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ((), False),
        (("x.tar",), True),
        (("a.npy",), False),
        (("a.npy", "b.npy"), True),
        (("in/a.npy", "in/b.npy"), True),
        (("in/a.npy", "b.npy"), True),
        (("sub/x.tar",), True),
    ],
)
def test_an_archive_is_at_hand_packed_or_whole_unpacked(tmp_path, files, found):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sources = ["https://example.org/", str(tmp_path / "nowhere"), str(tmp_path)]
    assert at_hand(sources, "x.tar", ["in/a.npy", "in/b.npy"]) is found


def test_an_archive_in_place_of_a_folder_is_at_hand(tmp_path):
    for name in ("x.tar", "y.tar"):
        (tmp_path / name).touch()
    assert at_hand([str(tmp_path / "x.tar")], "x.tar", ["a.npy"])
    assert not at_hand([str(tmp_path / "y.tar")], "x.tar", ["a.npy"])


def test_members_are_looked_for_with_and_without_their_folder():
    assert names_of("in/a.npy") == ["in/a.npy", "a.npy"]
    assert names_of("a.npy") == ["a.npy"]


def test_only_plain_files_are_found(tmp_path):
    (tmp_path / "a.npy").mkdir()
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "sub/a.npy")
    assert list(below(tmp_path, "a.npy")) == []
