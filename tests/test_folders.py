import pytest

from sbgc.data.folders import at_hand, below, folder_of


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
    [((), False), (("x.tar",), True), (("a.npy",), False), (("a.npy", "b.npy"), True), (("sub/x.tar",), True)],
)
def test_an_archive_is_at_hand_packed_or_whole_unpacked(tmp_path, files, found):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sources = ["https://example.org/", str(tmp_path / "nowhere"), str(tmp_path)]
    assert at_hand(sources, "x.tar", ["a.npy", "b.npy"]) is found
