"""Corruptions that draw nothing, against the files of CIFAR-10-C; benchmarks/corruptions.py compares all seven."""

import hashlib
import io

import numpy as np
import pytest

from sbgc.data import cifar10c, known
from sbgc.data.fetch import Fetcher
from sbgc.maths.corruptions import SEVERITIES, corrupt


@pytest.fixture(scope="module")
def test_images(data_folder):
    whole = known.load("cifar10", Fetcher([str(data_folder)], data_folder / "no-cache", lambda name: False))
    return whole.images[-whole.official_test :]


@pytest.mark.parametrize("kind", ["gaussian_blur", "pixelate", "contrast"])
def test_the_file_has_the_published_hash(kind, test_images):
    index = np.arange(len(test_images))
    file = io.BytesIO()
    np.save(file, np.concatenate([corrupt(test_images, index, kind, severity, 0, 256) for severity in SEVERITIES]))
    assert hashlib.md5(file.getvalue(), usedforsecurity=False).hexdigest() == cifar10c.MD5[kind]
