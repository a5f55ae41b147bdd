"""The batches of the next steps, on the devices: a step that takes one moves nothing from the host.

An epoch is a permutation of the images, keyed by (seed, epoch). Epochs are laid end to end and cut into batches.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Shaped

from sbgc import devices, keys
from sbgc.artifacts import Split
from sbgc.trainer import Images, Labels


class Window(NamedTuple):
    """The images and labels of a split, and the rows of them that the steps from `first` on take, before `stop`.

    Images are bytes where a split's grey levels are bytes. Every device holds all of them.
    """

    images: Shaped[Array, "images height width channels"]
    labels: Int[Array, " images"]
    rows: Int[Array, "steps batch"]
    first: Int[Array, ""]
    stop: Int[Array, ""]


def each(
    split: Split, seed: int, batch_size: int, first: int, stop: int, together: int
) -> Iterator[tuple[int, int, Window]]:
    """The steps from `first` to `stop`, at most `together` at a time: the first of them, how many, and their window.

    A window spans about an epoch, so the host is asked for rows that often.
    """
    images, labels = devices.everywhere((split.images, split.labels.astype(np.int32)))
    length = max(together, math.ceil(len(split) / batch_size))
    for begin in range(first, stop, length):
        end, rows = min(begin + length, stop), rows_of(len(split), seed, batch_size, begin, length)
        window = Window(images, labels, *devices.everywhere((rows, np.int32(begin), np.int32(end))))
        for step in range(begin, end, together):
            yield step, min(together, end - step), window


def rows_of(images: int, seed: int, batch_size: int, first: int, steps: int) -> Int[np.ndarray, "steps batch"]:
    """The rows of a split of so many images that the steps from `first` on take."""
    epochs, places = np.divmod(np.arange(first * batch_size, (first + steps) * batch_size), images)
    orders = [
        keys.generator_for(seed, "epoch", epoch).permutation(images) for epoch in range(epochs[0], epochs[-1] + 1)
    ]
    return np.stack(orders)[epochs - epochs[0], places].reshape(steps, batch_size).astype(np.int32)


def batch(window: Window, step: Int[Array, ""]) -> tuple[Images, Labels]:
    """The batch of a step within the window, in grey levels, each device holding its part."""
    rows = devices.divided(window.rows[step - window.first])
    return window.images[rows].astype(jnp.float32), window.labels[rows]
