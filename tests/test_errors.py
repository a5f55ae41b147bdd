"""Files that cannot be read at all, whatever they should hold."""

import os
import socket

import pytest
from hand_artifacts import message, sealed_folder

from sbgc import artifacts
from sbgc.artifacts import ArtifactError

READERS = [artifacts.read_split, artifacts.read_matrix, artifacts.read_table, artifacts.read_json]


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_not_there_is_told_apart_from_one_that_is_damaged(tmp_path, reader):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("nowhere", "dangling"):
        assert message(reader, tmp_path / name) == f"{tmp_path / name}: no such file"


@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_file_is_refused_in_one_line_and_never_waited_for(tmp_path, reader, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    for path, kind in {"pipe": "a named pipe", "socket": "a socket", ".": "a folder", "/dev/zero": "a device"}.items():
        assert message(reader, path) == f"{path}: is {kind}, expected a regular file"


@pytest.mark.parametrize("reader", READERS)
def test_a_link_to_itself_is_refused_in_one_line(tmp_path, reader):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read: Too many levels of symbolic links" in message(reader, tmp_path / "loop")


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_may_not_be_read_is_refused_in_one_line(reader):
    with sealed_folder() as folder:
        assert "cannot be read: Permission denied" in message(reader, folder / "secret")


def test_a_refusal_inside_the_block_gets_the_path_in_front(tmp_path):
    (tmp_path / "params").write_bytes(b"")

    def read(path):
        with artifacts.reading(path) as file:
            raise ArtifactError(f"{len(file.read_bytes())} bytes")

    assert message(read, tmp_path / "params") == f"{tmp_path}/params: 0 bytes"


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, KeyboardInterrupt, TypeError])
def test_an_error_of_the_program_passes_the_block(tmp_path, error):
    (tmp_path / "params").write_bytes(b"")
    with pytest.raises(error), artifacts.reading(tmp_path / "params"):
        raise error


def test_a_long_message_becomes_one_line():
    assert artifacts.one_line(ValueError("two\n  lines " + "x" * 1000)) == "two lines " + "x" * 290
    assert artifacts.one_line(MemoryError()) == "MemoryError"
