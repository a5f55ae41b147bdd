"""The batches of the next steps, on the devices: a step that takes one moves nothing from the host.

An epoch is a permutation of the images, keyed by (seed, epoch). Epochs are laid end to end and cut into batches. Where
each batch is of one class, classes take turns, and each has epochs of its own.
"""

import math
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Shaped

from sbgc import devices, keys
from sbgc.artifacts import Split, StoredImages
from sbgc.trainer import Images, Labels

READ_AHEAD = 2  # hand-overs whose images are read from files while others are computed

Turn = tuple[int, int, "Window"]


class Window(NamedTuple):
    """Images and labels, and the rows of them that the steps from `first` on take, before `stop`.

    They are those of the whole split, or those of these steps where a split's images lie in files. Images are bytes
    where a split's grey levels are bytes. Every device holds all of them.
    """

    images: Shaped[Array, "images height width channels"]
    labels: Int[Array, " images"]
    rows: Int[Array, "steps batch"]
    first: Int[Array, ""]
    stop: Int[Array, ""]


class Batches(NamedTuple):
    """How a split is cut into batches. one_class: whether all images of a batch are of one class."""

    seed: int
    size: int
    one_class: bool

    def rows(self, labels: Int[np.ndarray, " images"], first: int, steps: int) -> Int[np.ndarray, "steps batch"]:
        """The rows of a split with such labels that the steps from `first` on take."""
        if not self.one_class:
            return self._of(len(labels), first, steps)
        classes, taken = np.unique(labels), np.empty((steps, self.size), np.int32)
        for turn, label in enumerate(classes):
            own, begin = np.flatnonzero(labels == label), (turn - first) % len(classes)
            if turns := len(range(begin, steps, len(classes))):
                taken[begin :: len(classes)] = own[self._of(len(own), (first + begin) // len(classes), turns)]
        return taken

    def _of(self, images: int, first: int, steps: int) -> Int[np.ndarray, "steps batch"]:
        epochs, places = np.divmod(np.arange(first * self.size, (first + steps) * self.size), images)
        orders = [
            keys.generator_for(self.seed, "epoch", epoch).permutation(images)
            for epoch in range(epochs[0], epochs[-1] + 1)
        ]
        return np.stack(orders)[epochs - epochs[0], places].reshape(steps, self.size).astype(np.int32)


def each(split: Split, batches: Batches, first: int, stop: int, together: int) -> Generator[Turn, None, None]:
    """The steps from `first` to `stop`, at most `together` at a time: the first of them, how many, and their window.

    A window spans about an epoch, so the host is asked for rows that often; of images that lie in files it spans what
    goes together, and these are read a little ahead.
    """
    if isinstance(split.images, StoredImages):
        yield from _ahead(_from_files(split, batches, first, stop, together))
        return
    images, labels = devices.everywhere((split.images, split.labels.astype(np.int32)))
    length = max(together, math.ceil(len(split) / batches.size))
    for begin in range(first, stop, length):
        end, taken = min(begin + length, stop), batches.rows(split.labels, begin, length)
        window = Window(images, labels, *devices.everywhere((taken, np.int32(begin), np.int32(end))))
        for step in range(begin, end, together):
            yield step, min(together, end - step), window


def batch(window: Window, step: Int[Array, ""]) -> tuple[Images, Labels]:
    """The batch of a step within the window, in grey levels, each device holding its part."""
    rows = devices.divided(window.rows[step - window.first])
    return window.images[rows].astype(jnp.float32), window.labels[rows]


def _from_files(split: Split, batches: Batches, first: int, stop: int, together: int) -> Iterator[Turn]:
    """As `each`, the images being read for each turn. A turn at the end reads more steps than it takes."""
    length = together * math.ceil(len(split) / batches.size / together)
    for begin in range(first, stop, length):
        end, taken = min(begin + length, stop), batches.rows(split.labels, begin, length)
        for step in range(begin, end, together):
            rows = taken[step - begin : step - begin + together]
            flat, count = rows.ravel(), min(together, end - step)
            places = np.arange(flat.size, dtype=np.int32).reshape(rows.shape)
            held = split.images[flat], split.labels[flat].astype(np.int32), places
            yield step, count, Window(*devices.everywhere((*held, np.int32(step), np.int32(step + count))))


def _ahead(turns: Iterator[Turn]) -> Iterator[Turn]:
    """The same, each made in another thread while earlier ones are used."""
    pool = ThreadPoolExecutor(1)
    try:
        waiting = deque(pool.submit(next, turns, None) for _ in range(READ_AHEAD))
        while (turn := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, turns, None))
            yield turn
    finally:  # also where a training ends early
        pool.shutdown(cancel_futures=True)
