import functools
import hashlib
import http.server
import io
import os
import tarfile
import threading

import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data import fetch
from sbgc.data.fetch import Fetcher, Remote
from sbgc.progress import progress_bar

CONTENT, OTHER = b"what is wanted" * 1000, b"something else"
WANTED = Remote("file.bin", hashlib.md5(CONTENT).hexdigest())


@pytest.fixture(autouse=True)
def one_attempt(monkeypatch):
    monkeypatch.setattr(fetch, "ATTEMPTS", 1)  # pooch waits a second before the next


def fetcher(*sources, cache):
    return Fetcher([str(source) for source in sources], cache, lambda name: progress_bar(1, name, "B"))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def mirror(tmp_path):
    """A folder behind http://, with the requests that it had."""
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            requests.append(self.path)

    (tmp_path / "served").mkdir()
    handler = functools.partial(Handler, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", tmp_path / "served", requests
        server.shutdown()


def archive(path, **members):
    """A tar of bytes, or of ready TarInfos, by their names; __ stands for /."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name.replace("__", "/"))
            if isinstance(content, bytes):
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content if isinstance(content, bytes) else b""))
    members = {"inner/file.bin": WANTED.md5}
    return Remote(path.name, hashlib.md5(path.read_bytes()).hexdigest(), members)


@pytest.mark.parametrize("below", ["", "mnist", "a/b"])
def test_a_folder_is_looked_into_and_a_little_below(folder, tmp_path, below):
    (folder / below).mkdir(parents=True, exist_ok=True)
    (folder / below / "file.bin").write_bytes(CONTENT)
    for source in (folder, folder.as_uri()):
        assert fetcher(source, cache=tmp_path / "cache").file(WANTED) == folder / below / "file.bin"
    assert not (tmp_path / "cache").exists()


def test_a_mirror_is_downloaded_from_once(mirror, tmp_path):
    address, served, requests = mirror
    (served / "file.bin").write_bytes(CONTENT)
    for _ in range(2):
        found = fetcher(address, cache=tmp_path / "cache").file(WANTED)
        assert found.read_bytes() == CONTENT
    assert requests == ["/file.bin"]


def test_sources_are_tried_in_turn(mirror, folder, tmp_path):
    address, served, _ = mirror
    (served / "file.bin").write_bytes(CONTENT)
    (folder / "file.bin").write_bytes(OTHER)
    sources = [tmp_path / "nowhere", folder, f"{address}/no/such/folder", address]
    assert fetcher(*sources, cache=tmp_path / "cache").file(WANTED).read_bytes() == CONTENT


def test_one_line_tells_what_was_found_at_every_source(mirror, folder, tmp_path):
    address, served, _ = mirror
    (served / "file.bin").write_bytes(OTHER)
    (folder / "file.bin").write_bytes(OTHER)
    with pytest.raises(ArtifactError) as error:
        fetcher(tmp_path / "none", folder, address, f"{address}/x/", cache=tmp_path / "cache").file(WANTED)
    line = str(error.value)
    assert line.startswith("file.bin: found nowhere; ")
    assert f"{tmp_path}/none: no such folder; " in line
    assert f"found MD5 {hashlib.md5(OTHER).hexdigest()}, expected {WANTED.md5}" in line
    assert "404" in line
    assert "\n" not in line
    assert not list((tmp_path / "cache").glob("*")), "a file with another hash must not stay"
    with pytest.raises(ArtifactError, match="no source is given"):
        fetcher(cache=tmp_path / "cache").file(WANTED)


def test_after_a_broken_download_the_next_run_recovers(mirror, tmp_path):
    address, served, _ = mirror
    (served / "file.bin").write_bytes(CONTENT[:100])
    with pytest.raises(ArtifactError):
        fetcher(address, cache=tmp_path / "cache").file(WANTED)
    (served / "file.bin").write_bytes(CONTENT)
    assert fetcher(address, cache=tmp_path / "cache").file(WANTED).read_bytes() == CONTENT


def test_a_download_that_fails_at_first_is_tried_again(mirror, tmp_path, monkeypatch):
    address, served, _ = mirror
    monkeypatch.setattr(fetch, "ATTEMPTS", 2)
    monkeypatch.setattr("time.sleep", lambda seconds: (served / "file.bin").write_bytes(CONTENT))
    assert fetcher(address, cache=tmp_path / "cache").file(WANTED).read_bytes() == CONTENT


def test_a_mirror_is_tried_three_times(mirror, tmp_path, monkeypatch):
    monkeypatch.undo()  # docs/data.md gives this number
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    address, served, requests = mirror
    (served / "file.bin").write_bytes(OTHER)
    with pytest.raises(ArtifactError, match="does not match the known hash"):
        fetcher(address, cache=tmp_path / "cache").file(WANTED)
    assert requests == ["/file.bin"] * 3


UNPACKED = Remote("file.bin.gz", "0" * 32, unpacked={"file.bin": WANTED.md5, "file_bin": WANTED.md5})


@pytest.mark.parametrize("name", ["file.bin", "a/file_bin"])
def test_a_folder_may_hold_a_file_unpacked_under_another_name(folder, tmp_path, name):
    (folder / "a").mkdir()
    (folder / name).write_bytes(CONTENT)
    assert fetcher(folder, cache=tmp_path / "cache").file(UNPACKED) == folder / name


def test_a_file_of_that_name_with_another_hash_does_not_hide_the_right_one(folder, tmp_path):
    for place, content in (("a", OTHER), ("b", CONTENT)):
        (folder / place).mkdir()
        (folder / place / "file.bin").write_bytes(content)
    assert fetcher(folder, cache=tmp_path / "cache").file(WANTED) == folder / "b/file.bin"


@pytest.mark.parametrize(
    ("content", "line"),
    [({}, "no file.bin or file_bin or file.bin.gz in it"), ({"file_bin": OTHER}, r"here/file_bin: found MD5 \w+")],
)
def test_the_names_that_were_looked_for_are_told(folder, tmp_path, content, line):
    for name, found in content.items():
        (folder / name).write_bytes(found)
    with pytest.raises(ArtifactError, match=line):
        fetcher(folder, cache=tmp_path / "cache").file(UNPACKED)


def test_a_named_pipe_is_not_waited_for(folder, tmp_path):
    os.mkfifo(folder / "file.bin")
    with pytest.raises(ArtifactError, match="no file.bin in it"):
        fetcher(folder, cache=tmp_path / "cache").file(WANTED)


def test_an_unreadable_folder_is_said_to_be_one(folder, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # the tests may run as root, who may read everything
    with pytest.raises(ArtifactError, match="Permission denied"):
        fetcher(folder, cache=tmp_path / "cache").file(WANTED)


def test_the_archive_itself_may_stand_in_place_of_a_folder(folder, tmp_path):
    remote = archive(folder / "all.tar.gz", **{"inner__file.bin": CONTENT})
    assert fetcher(folder / "all.tar.gz", cache=tmp_path / "cache").member(remote, "inner/file.bin") == CONTENT
    (folder / "all.tar.gz").rename(folder / "other.tar.gz")
    with pytest.raises(ArtifactError, match=r"a file that is not called inner/file.bin or file.bin or all.tar.gz"):
        fetcher(folder / "other.tar.gz", cache=tmp_path / "cache").member(remote, "inner/file.bin")


@pytest.mark.parametrize("place", ["inner/file.bin", "file.bin", "a/inner/file.bin", "a/b/file.bin"])
def test_unpacked_members_are_found_with_and_without_their_folder(folder, tmp_path, place):
    remote = Remote("all.tar.gz", "0" * 32, {"inner/file.bin": WANTED.md5})
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_bytes(CONTENT)
    assert fetcher(folder, cache=tmp_path / "cache").member(remote, "inner/file.bin") == CONTENT


@pytest.mark.parametrize("packed", [True, False])
def test_a_member_comes_from_the_archive_or_from_a_folder_that_holds_it(folder, tmp_path, packed):
    remote = archive(folder / "all.tar.gz", readme=b"", inner__file=OTHER, **{"inner__file.bin": CONTENT})
    if not packed:
        (folder / "all.tar.gz").unlink()
        (folder / "inner").mkdir()
        (folder / "inner/file.bin").write_bytes(CONTENT)
    found = fetcher(folder, cache=tmp_path / "cache")
    assert found.member(remote, "inner/file.bin") == CONTENT
    found.copy_member(remote, "inner/file.bin", tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_no_member_leads_out_of_the_archive(folder, tmp_path, kind):
    (tmp_path / "secret").write_bytes(CONTENT)
    info = tarfile.TarInfo("inner/file.bin")
    info.type, info.linkname = kind, str(tmp_path / "secret")
    remote = archive(folder / "all.tar.gz", link=info)
    with pytest.raises(ArtifactError, match=r"all.tar.gz"):
        fetcher(folder, cache=tmp_path / "cache").member(remote, "inner/file.bin")


def test_nothing_in_an_archive_is_written_to_where_it_says(folder, tmp_path):
    remote = archive(folder / "all.tar.gz", **{"..__..__escaped": OTHER, "inner__file.bin": CONTENT})
    fetcher(folder, cache=tmp_path / "cache").copy_member(remote, "inner/file.bin", tmp_path / "out/file.bin")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"here/all.tar.gz", "out/file.bin"}


def test_a_tampered_member_is_refused_and_leaves_nothing(folder, tmp_path):
    remote = archive(folder / "all.tar.gz", **{"inner__file.bin": OTHER})
    found = fetcher(folder, cache=tmp_path / "cache")
    with pytest.raises(ArtifactError, match=r"inner/file.bin: found MD5 \w+, expected"):
        found.member(remote, "inner/file.bin")
    with pytest.raises(ArtifactError, match=r"inner/file.bin: found MD5 \w+, expected"):
        found.copy_member(remote, "inner/file.bin", tmp_path / "out.bin")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


@pytest.mark.parametrize("content", [b"no archive", None])
def test_what_is_no_archive_is_refused_in_one_line(folder, tmp_path, content):
    remote = archive(folder / "all.tar.gz", **{"inner__file.bin": CONTENT})
    content = content or (folder / "all.tar.gz").read_bytes()[:60]
    (folder / "all.tar.gz").write_bytes(content)
    remote = Remote(remote.name, hashlib.md5(content).hexdigest(), remote.members)
    with pytest.raises(ArtifactError, match=r"all.tar.gz: ") as error:
        fetcher(folder, cache=tmp_path / "cache").member(remote, "inner/file.bin")
    assert "\n" not in str(error.value)


def test_an_archive_without_the_member_is_named(folder, tmp_path):
    remote = archive(folder / "all.tar.gz", readme=b"")
    with pytest.raises(ArtifactError, match=r"all.tar.gz: .*inner/file.bin"):
        fetcher(folder, cache=tmp_path / "cache").member(remote, "inner/file.bin")
