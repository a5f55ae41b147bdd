"""Where boundary attacks start: at images of other classes that mislead."""

import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.procedures.attacks.victim import Batch, Images, Victim

POOL = 1000  # images that are looked through, at most
NEAREST = 5  # of them, that are asked about


def misleading(victim: Victim, batch: Batch, images: Images, pool: Split, confidence: float) -> Images:
    """Of the nearest images of other classes, the first whose margin is at least `confidence`; else the nearest one.

    Raises what `nearest_of_other_class` raises.
    """
    candidates = nearest_of_other_class(images, np.asarray(batch.labels), pool, victim.settings.levels)
    found, reached = candidates[0], jnp.zeros(len(images), bool)
    for start in candidates:
        better = ~reached & (victim.margins(batch, victim.class_scores(batch, start, 0)) >= confidence)
        found, reached = jnp.where(better[:, None, None, None], start, found), reached | better
    return found


def nearest_of_other_class(images: Images, labels: np.ndarray, pool: Split, levels: int) -> list[Images]:
    """For each image the nearest ones of other classes, on [0, 1]^D, by the Euclidean distance: the nearest first.

    Raises ArtifactError where an image has none.
    """
    candidates = pool.images[:POOL].astype(np.float32) / np.float32(levels - 1)
    flat, mine = candidates.reshape(len(candidates), -1), np.asarray(images).reshape(len(images), -1)
    # |a - b|^2 - |a|^2: as good for comparing, and no array of all differences.
    distance = (flat**2).sum(axis=1) - 2.0 * mine @ flat.T
    distance[labels[:, None] == pool.labels[None, :POOL]] = np.inf
    if np.isinf(distance).all(axis=1).any():
        raise ArtifactError("a boundary attack starts at images of other classes, and the split has none")
    order = distance.argsort(axis=1)[:, : min(NEAREST, int(np.isfinite(distance).sum(axis=1).min()))]
    return [jnp.asarray(candidates[column]) for column in order.T]
