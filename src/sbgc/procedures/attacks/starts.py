"""Where boundary attacks start: at images of other classes."""

import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import Split
from sbgc.procedures.attacks.victim import Images

POOL = 1000  # images that are looked through, at most


def nearest_of_other_class(images: Images, labels: np.ndarray, pool: Split, levels: int) -> Images:
    """For each image the nearest one of another class, on [0, 1]^D, by the Euclidean distance."""
    candidates = pool.images[:POOL].astype(np.float32) / np.float32(levels - 1)
    flat, mine = candidates.reshape(len(candidates), -1), np.asarray(images).reshape(len(images), -1)
    # |a - b|^2 - |a|^2: as good for comparing, and no array of all differences.
    distance = (flat**2).sum(axis=1) - 2.0 * mine @ flat.T
    distance[labels[:, None] == pool.labels[None, :POOL]] = np.inf
    return jnp.asarray(candidates[distance.argmin(axis=1)])
