"""Images that occur more than once, to the last pixel: a test image should not be one that was trained on."""

import hashlib
from collections.abc import Collection

import numpy as np


def digests(images: np.ndarray) -> list[bytes]:
    """What tells images [n, H, W, C] apart, in 16 bytes each: there may be no room for a second copy of the pixels."""
    return [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images]


def repeated(found: Collection[bytes]) -> int:
    """How many images, given by their digests, equal an earlier one."""
    return len(found) - len(set(found))


def shared(found: Collection[bytes], others: Collection[bytes]) -> int:
    """How many images equal one of the others, both given by their digests."""
    known = set(others)
    return sum(digest in known for digest in found)
