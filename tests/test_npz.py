"""Files of arrays that are damaged, or made to do harm."""

import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from hand_artifacts import a_split, assert_same, message

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Split
from sbgc.artifacts.members import FREE


def npz(**members):
    stream = io.BytesIO()
    np.savez(stream, **members)
    return stream.getvalue()


def header(**changes):
    return np.array(json.dumps({"schema": artifacts.SCHEMA_VERSION, "kind": "split", "meta": {}} | changes))


def sound():
    """The members of a split by hand, without the list of columns, as sbgc 0.1 wrote them."""
    split = a_split()
    arrays = {"images": split.images, "labels": split.labels, "index": split.index}
    return arrays | {f"column.{name}": values for name, values in split.columns.items()} | {"header": header()}


def zipped(members, **options):
    """A zip of members that are bytes already."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def npy(array_header, data=b""):
    """A .npy member with a header of one's own."""
    text = array_header.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def promising(array_header, data=b""):
    """A sound split, except for the images."""
    members = [(f"{name}.npy", npy_of(values)) for name, values in sound().items() if name != "images"]
    return zipped([*members, ("images.npy", npy(array_header, data))])


def npy_of(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


def test_a_file_of_the_first_release_is_read(tmp_path):
    (tmp_path / "s.npz").write_bytes(npz(**sound()))
    found = artifacts.read_split(tmp_path / "s.npz")
    assert_same(found, Split(**(vars(a_split()) | {"meta": {}})))


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, fraction):
    path = tmp_path / "s.npz"
    artifacts.write_split(path, a_split())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(fraction * len(whole))])
    assert "not a split artefact" in message(artifacts.read_split, path)


def test_a_flipped_bit_is_refused_in_one_line_or_changes_nothing(tmp_path):
    """Every bit of the directory at the end, where names stand and no checksum covers them, and every 13th before."""
    path, refusals = tmp_path / "s.npz", []
    artifacts.write_split(path, a_split())
    whole = path.read_bytes()
    directory = 8 * whole.index(b"PK\x01\x02")
    for bit in [*range(0, directory, 13), *range(directory, 8 * len(whole))]:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            assert_same(artifacts.read_split(path), a_split())
        except ArtifactError as error:
            refusals.append(str(error))
    assert len(refusals) > 1000
    assert all(refusal.startswith(f"{path}: ") and "\n" not in refusal for refusal in refusals)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({"images": 1}),
        npz(**sound() | {"images": np.array([{}], dtype=object)}),
        promising("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps([{}])),
    ],
    ids=["pickle file", "pickle inside", "objects of the size promised"],
)
def test_a_pickle_is_refused(tmp_path, content):
    (tmp_path / "s.npz").write_bytes(content)
    assert "not a split artefact" in message(artifacts.read_split, tmp_path / "s.npz")


WRONG = {
    "no header": (npz(images=1, labels=1, index=1), "'header'"),
    "list header": (npz(images=1, labels=1, index=1, header=np.array("[]")), "not a split artefact"),
    "broken header": (npz(images=1, labels=1, index=1, header=np.array("{")), "not a split artefact"),
    "meta a list": (npz(**sound() | {"header": header(meta=[])}), "meta is not an object"),
    "arrays missing": (npz(labels=1, header=header()), "split artefact without images, index"),
    "unknown schema": (npz(header=header(schema=99)), "found split of schema 99, expected split of schema 1"),
    "another kind": (npz(header=header(kind="matrix")), "found matrix of schema 1, expected split"),
    "column hidden": (npz(**sound() | {"header": header(columns=["epsilon", "t"])}), r"expected ['epsilon', 't']"),
    "column twice": (zipped([("x.npy", npy_of(np.ones(1))), ("x", npy_of(np.ones(1)))]), "a member comes twice"),
    "unknown compression": (zipped([("x.npy", npy_of(np.ones(1)))]).replace(b"\x08\0", b"\x0c\0"), "unknown way"),
    "structures": (promising("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "expected numbers"),
    "half a header": (promising("{'descr': '|u1', 'fortran_order': False,"), "not a split artefact"),
    "endless header": (promising("{" + "-" * 900 + "1}"), "not a split artefact"),
    "very long header": (promising("{" + " " * 9000 + "}"), "not a split artefact"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_split_of_this_schema_is_refused_in_one_line(tmp_path, case):
    content, words = WRONG[case]
    (tmp_path / "s.npz").write_bytes(content)
    assert words in message(artifacts.read_split, tmp_path / "s.npz")


@pytest.mark.parametrize("shape", ["(9,)", f"({10**12},)", f"({2**62}, {2**62})", "(-1,)"])
def test_an_array_that_is_not_as_large_as_its_header_says_is_refused_before_it_is_unpacked(tmp_path, shape):
    array_header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}"
    (tmp_path / "s.npz").write_bytes(promising(array_header, bytes(8)))
    assert "but its header promises uint8" in message(artifacts.read_split, tmp_path / "s.npz")


def test_a_small_file_that_would_unpack_to_far_more_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    (tmp_path / "s.npz").write_bytes(zipped([("images.npy", bytes(FREE + 1))]))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "bytes that would unpack to" in message(artifacts.read_split, tmp_path / "s.npz")


def test_a_blank_split_may_be_far_smaller_than_its_images(tmp_path):
    blank = Split(np.zeros((1000, 32, 32, 3), np.uint8), np.zeros(1000, int), np.arange(1000))
    artifacts.write_split(tmp_path / "s.npz", blank)
    assert (tmp_path / "s.npz").stat().st_size < blank.images.nbytes / 200
    assert len(artifacts.read_split(tmp_path / "s.npz")) == 1000


@pytest.mark.parametrize("error", [MemoryError, RuntimeError, KeyboardInterrupt, TypeError, AttributeError])
def test_an_error_that_is_not_of_the_file_does_not_blame_the_file(tmp_path, monkeypatch, error):
    artifacts.write_split(tmp_path / "s.npz", a_split())

    def fail(*_args, **_options):
        raise error("of something else")

    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(error, match="^of something else$"):
        artifacts.read_split(tmp_path / "s.npz")
