"""A small split and a small matrix, and what tests of their files share."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sbgc.artifacts import ArtifactError, Matrix, Split


def a_split(n=7):
    """Images of 17 grey levels and three classes.

    In a zip's directory the member of `epsilon` takes 64 bytes: one flipped bit makes it a comment to the one before.
    """
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (n, 4, 4, 1)).astype(np.uint8)
    columns = {
        "draw": np.arange(n) % 2,
        "epsilon": np.full(n, 0.5),
        "severity": np.arange(n),
        "t": np.linspace(0.0, 1.0, n),
    }
    return Split(images, np.arange(n) % 3, np.arange(100, 100 + n), columns, {"split": "test", "levels": 17})


def a_matrix(n=5):
    """Scores of n images, three classes and two draws."""
    scores = np.random.default_rng(1).normal(size=(n, 3, 2))
    meta = {"seed": 0, "manifest": {"code": "f00"}}
    return Matrix(scores, np.full(scores.shape, 60), np.arange(n) % 3, np.arange(n), {}, meta)


def assert_same(one, other):
    """Equal arrays of equal types, equal columns and equal meta."""
    assert one.meta == other.meta
    assert one.columns.keys() == other.columns.keys()
    for name in one.columns:
        np.testing.assert_array_equal(one.columns[name], other.columns[name], strict=True)
    for name in set(vars(one)) - {"meta", "columns"}:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=True)


def message(reader, path):
    """The one line in which `reader` refuses the file."""
    with pytest.raises(ArtifactError) as caught:
        reader(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


@contextlib.contextmanager
def sealed_folder() -> Iterator[Path]:
    """A folder that may not be written to, with a file `secret` that may not be read: root becomes nobody meanwhile."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_bytes(b"{}")
        (folder / "secret").chmod(0)
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)
