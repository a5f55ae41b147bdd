"""Handwritten digits: 1,797 real 8x8 images of 17 gray levels that come with scikit-learn (Alpaydin & Kaynak 1998)."""

import numpy as np

from sbgc.data.labeled import Labeled


def load() -> Labeled:
    """All images in gray levels 0..16; nobody set any aside for tests."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return Labeled(found.images.astype(np.uint8)[..., None], found.target.astype(np.int64))
