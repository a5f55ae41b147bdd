import random
import struct

import numpy as np
import pandas as pd
import pytest
from hand_artifacts import message

from sbgc import artifacts
from sbgc.artifacts import ArtifactError

TABLE = pd.DataFrame({"model": ["score", "gaussian"], "accuracy": [0.99, np.nan], "severity": [1, 5]})


@pytest.fixture
def path(tmp_path):
    artifacts.write_table(tmp_path / "t.parquet", TABLE, {"seed": 3})
    return tmp_path / "t.parquet"


def test_a_table_reads_back_as_it_was_written(path):
    found = artifacts.read_table(path)
    pd.testing.assert_frame_equal(found, TABLE, check_exact=True)
    assert found.attrs == {"manifest": {"seed": 3}}


def test_writing_a_table_does_not_change_it(path):
    assert TABLE.attrs == {}


def test_facts_that_are_no_json_are_an_error_not_a_loss(tmp_path):
    with pytest.raises(TypeError, match="not JSON serializable"):
        artifacts.write_table(tmp_path / "t.parquet", TABLE, {"seed": np.int64(3)})
    assert list(tmp_path.iterdir()) == []


def test_equal_tables_give_equal_bytes(tmp_path):
    one = pd.concat([TABLE] * 3, ignore_index=True)
    two = pd.concat([one[:1], one[1:]], ignore_index=True)[::-1][::-1]
    artifacts.write_table(tmp_path / "1", one, {"seed": 3, "code": "f00"})
    artifacts.write_table(tmp_path / "2", two, {"code": "f00", "seed": 3})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_pandas_reads_a_table_without_this_package(path):
    pd.testing.assert_frame_equal(pd.read_parquet(path), TABLE, check_exact=True)


def test_a_flipped_bit_is_refused_in_one_line(path):
    whole, rng = path.read_bytes(), random.Random(0)
    checksum = whole.index(b"sbgc sha256:")
    ends = [*range(8 * 4), *range(8 * checksum, 8 * (checksum + 44)), *range(8 * (len(whole) - 12), 8 * len(whole))]
    for bit in ends + rng.sample(range(8 * len(whole)), 300):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert "not a table" in message(artifacts.read_table, path)


@pytest.mark.parametrize("fraction", [0.0, 0.002, 0.5, 0.99, 1.01])
def test_a_table_cut_short_or_followed_by_more_is_refused_in_one_line(path, fraction):
    whole = path.read_bytes()
    path.write_bytes((whole * 2)[: int(fraction * len(whole))])
    assert "not a table" in message(artifacts.read_table, path)


@pytest.mark.parametrize("content", [b"", b"model,accuracy\n", b"PAR1", b"PAR1" * 2, b"PAR1" * 9])
def test_what_is_no_table_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "t.parquet").write_bytes(content)
    assert "not a table" in message(artifacts.read_table, tmp_path / "t.parquet")


def test_a_table_without_a_checksum_is_refused_in_one_line(tmp_path):
    TABLE.to_parquet(tmp_path / "t.parquet", index=False)
    assert "it has no checksum" in message(artifacts.read_table, tmp_path / "t.parquet")


def test_a_footer_longer_than_the_file_is_refused_in_one_line(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:-8] + struct.pack("<I", 2**32 - 1) + b"PAR1")
    assert "not a table" in message(artifacts.read_table, path)


def test_a_small_file_that_would_unpack_to_far_more_is_refused(tmp_path):
    artifacts.write_table(tmp_path / "t.parquet", pd.DataFrame({"x": np.zeros(9_000_000)}))
    assert "bytes that would unpack to 72000000" in message(artifacts.read_table, tmp_path / "t.parquet")


def test_too_little_memory_does_not_blame_the_file(path, monkeypatch):
    def fail(*_args, **_options):
        raise MemoryError

    monkeypatch.setattr(pd, "read_parquet", fail)
    with pytest.raises(MemoryError):
        artifacts.read_table(path)


def test_what_arrow_cannot_read_is_refused_in_one_line_though_its_checksum_is_right(path):
    """As someone would write it who means harm; only a few are harmless."""
    from sbgc.artifacts import tables

    plain, rng, refusals = TABLE.to_parquet(index=False), random.Random(0), []
    for _ in range(200):
        damaged = bytearray(plain)
        damaged[rng.randrange(4, len(plain) - 8)] ^= 1 << rng.randrange(8)
        path.write_bytes(tables._with_checksum(bytes(damaged)))
        try:
            artifacts.read_table(path)
        except ArtifactError as error:
            refusals.append(str(error))
    assert len(refusals) > 50
    assert all(refusal.startswith(f"{path}: not a table") and "\n" not in refusal for refusal in refusals)
