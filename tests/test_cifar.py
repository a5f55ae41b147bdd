import io
import pickle

import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import cifar

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072)).astype(np.uint8)
LABELS = [3, 1, 4, 1]


def batch(data=PIXELS, labels=LABELS, **more):
    """As upstream, whose protocol 2 Python 3 cannot write: it has no bytes."""
    return pickle.dumps({b"data": data, b"labels": labels, **more}, protocol=3)


def test_pixels_are_red_then_green_then_blue_row_by_row():
    found = cifar.read_batch(batch(), "data_batch_1")
    assert found.images.shape == (4, 32, 32, 3)
    for channel in range(3):
        plane = PIXELS[:, 1024 * channel : 1024 * (channel + 1)].reshape(4, 32, 32)
        np.testing.assert_array_equal(found.images[..., channel], plane)
    assert found.labels.tolist() == LABELS


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_a_pickle_that_calls_anything_else_runs_nothing(tmp_path):
    content = pickle.dumps({b"data": Evil(str(tmp_path / "written")), b"labels": LABELS}, protocol=3)
    with pytest.raises(ArtifactError, match=r"^batch: not a CIFAR batch: it names (io|_io|__builtin__).open, which no"):
        cifar.read_batch(content, "batch")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "numpy.load", "numpy.core.multiarray.fromfile"])
def test_other_names_are_refused(name):
    module, _, function = name.rpartition(".")
    content = b"\x80\x03c" + f"{module}\n{function}\n".encode() + b"X\x01\x00\x00\x00x\x85R."
    with pytest.raises(ArtifactError, match=f"it names {name}, which no CIFAR batch needs"):
        cifar.read_batch(content, "batch")


def test_an_array_of_objects_is_never_built():
    with pytest.raises(ArtifactError, match="not an array of bytes in C order"):
        cifar.read_batch(batch(np.array([[None]] * 4, object)), "batch")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", "not a CIFAR batch: Ran out of input"),
        (batch()[:-200], "not a CIFAR batch"),
        (batch(PIXELS[:, :1024]), "4 x 1024 in 4096 bytes, expected rows of 3072"),
        (batch(PIXELS.astype(float)), "not an array of bytes"),
        (batch(np.asfortranarray(PIXELS)), "not an array of bytes in C order"),
        (batch([1, 2]), "data is list, expected an array"),
        (batch(labels=LABELS[:3]), "3 labels of 4 images"),
        (batch(labels=["cat"] * 4), "labels are not whole numbers from 0 to 9"),
        (batch(labels=[0, 1, 2, 10]), "labels are not whole numbers from 0 to 9"),
        (batch(labels=[0, 1, 2, 2**70]), "labels are not whole numbers from 0 to 9"),
        (batch(labels=3), "labels are not whole numbers from 0 to 9"),
        (pickle.dumps([1], protocol=3), "expected a dictionary with b'data' and b'labels'"),
        (pickle.dumps({b"labels": LABELS}, protocol=3), "expected a dictionary with b'data' and b'labels'"),
    ],
)
def test_what_is_no_batch_is_refused_in_one_line(content, line):
    with pytest.raises(ArtifactError, match=f"^batch: .*{line}") as error:
        cifar.read_batch(content, "batch")
    assert "\n" not in str(error.value)


def test_batches_that_end_early_are_refused_in_one_line():
    whole = batch(PIXELS[:1], LABELS[:1])
    for place in [*range(120), *range(len(whole) - 60, len(whole))]:  # before and after the pixels
        with pytest.raises(ArtifactError, match="^batch: not a CIFAR batch: [^\n]+$"):
            cifar.read_batch(whole[:place], "batch")


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, AssertionError])
def test_no_other_error_is_blamed_on_the_file(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(cifar, "_reconstruct", fail)
    monkeypatch.setitem(cifar.ALLOWED, ("numpy", "dtype"), fail)
    with pytest.raises(error):
        cifar.read_batch(batch(), "batch")


def test_a_row_count_that_the_bytes_do_not_have_is_refused():
    stream = io.BytesIO(batch())
    content = stream.getvalue().replace(b"K\x04M\x00\x0c", b"K\x05M\x00\x0c")
    with pytest.raises(ArtifactError, match="5 x 3072 in 12288 bytes"):
        cifar.read_batch(content, "batch")
