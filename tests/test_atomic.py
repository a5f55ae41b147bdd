import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from hand_artifacts import a_split, sealed_folder

from sbgc import artifacts
from sbgc.artifacts import Split


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "s.npz"
    artifacts.write_split(path, a_split())
    before = path.read_bytes()
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        artifacts.write_split(path, Split(np.array([{}], object), np.zeros(1), np.zeros(1)))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_never_sees_a_half_written_file(tmp_path):
    path = tmp_path / "deep" / "er.txt"
    with artifacts.atomic_path(path) as temporary:
        temporary.write_text("half", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "half"


# Writes each kind of artefact where files may not grow beyond a kilobyte.
LIMITED = """
import resource, sys, numpy as np, pandas as pd
from sbgc import artifacts
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
n, numbers = 500, np.random.default_rng(0).normal(size=500)
for name, write in {
    "s.npz": lambda path: artifacts.write_split(path, artifacts.Split(numbers, numbers, numbers)),
    "t.parquet": lambda path: artifacts.write_table(path, pd.DataFrame({"x": numbers})),
    "j.json": lambda path: artifacts.write_json(path, numbers.tolist()),
}.items():
    try:
        write(sys.argv[1] + "/" + name)
    except OSError as error:
        print(error.errno, error.filename)
"""


def test_what_does_not_fit_is_named_and_leaves_nothing(tmp_path):
    pytest.importorskip("resource", reason="needs limits of a process")
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    names = ("s.npz", "t.parquet", "j.json")
    assert ran.stdout.splitlines() == [f"{errno.EFBIG} {tmp_path / name}" for name in names]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_with_the_file_that_it_cut_short(tmp_path):
    def fill():
        with artifacts.atomic_path(tmp_path / "s.npz") as temporary:
            temporary.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left") as caught:
        fill()
    assert caught.value.filename == str(tmp_path / "s.npz")
    assert list(tmp_path.iterdir()) == []


def test_another_file_that_fails_in_the_block_keeps_its_own_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, artifacts.atomic_path(tmp_path / "s.npz"):
        (tmp_path / "other").read_bytes()
    assert caught.value.filename == str(tmp_path / "other")


def test_a_folder_that_may_not_be_written_to_is_told_with_the_file():
    with sealed_folder() as folder, pytest.raises(PermissionError) as caught:
        artifacts.write_split(folder / "s.npz", a_split())
    assert caught.value.filename == str(folder / "s.npz")


def test_a_folder_where_the_file_belongs_is_named(tmp_path):
    (tmp_path / "s.npz").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        artifacts.write_split(tmp_path / "s.npz", a_split())
    assert caught.value.filename == str(tmp_path / "s.npz")
    assert list(tmp_path.iterdir()) == [tmp_path / "s.npz"]
