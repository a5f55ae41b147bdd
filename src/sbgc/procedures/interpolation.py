"""Straight lines between images of different classes (Fetaya et al. 2020, figure 4; SBGC eq. 4)."""

import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import generator_for


def choose_pairs(labels: np.ndarray, pairs: int, seed: int) -> np.ndarray:
    """The rows of two images of different classes for each pair, int64 [pairs, 2]. No image comes first in two pairs.

    A larger number of pairs extends the list without changing its beginning. Raises ArtifactError when there are fewer
    images than pairs, or only one class.
    """
    if pairs > len(labels):
        raise ArtifactError(f"pairs = {pairs}: there are {len(labels)} images")
    if len(np.unique(labels)) < 2:
        raise ArtifactError("interpolation: the images are all of one class")
    rng = generator_for(seed, "interpolate")
    firsts = rng.permutation(len(labels))[:pairs]
    seconds = [rng.choice(np.flatnonzero(labels != labels[first])) for first in firsts]
    return np.column_stack([firsts, np.array(seconds)]).astype(np.int64)


def lines(split: Split, pairs: np.ndarray, points: int) -> Split:
    """(1 - t) a + t b in float32 grey levels, for each pair (a, b) and `points` values of t equally spaced on [0, 1].

    The pairs follow one another, with the columns pair (its number), t, label_a and label_b. Every point has the index
    of a, so that the whole line shares one noise. Its label is that of the nearer end, and that of a in the middle.
    """
    t = np.linspace(0.0, 1.0, points)
    a, b = (split.images[rows].astype(np.float64)[:, None] for rows in pairs.T)
    weight = t[:, None, None, None]
    images = ((1.0 - weight) * a + weight * b).astype(np.float32)
    of_a, of_b = (np.repeat(split.labels[rows], points) for rows in pairs.T)
    along = np.tile(t, len(pairs))
    labels = np.where(along <= 0.5, of_a, of_b)
    columns = {"pair": np.repeat(np.arange(len(pairs)), points), "t": along, "label_a": of_a, "label_b": of_b}
    index = np.repeat(split.index[pairs[:, 0]], points)
    return Split(
        images.reshape(-1, *split.images.shape[1:]),
        labels,
        index,
        columns,
        split.meta | {"split": "interpolation"},
    )
