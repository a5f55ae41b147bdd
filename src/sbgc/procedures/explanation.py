"""The map of the gap between the two best classes of an image, as a mean over draws (maths/gap_map.py)."""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.keys import key_for
from sbgc.maths import gap_map


class Explanation(NamedTuple):
    """In nats, adding up to log p(x|winner) - log p(x|rival), and log(sigma / alpha) [nodes] of the path's nodes.

    path: [nodes, H, W, C]. end: [H, W, C], at the largest noise.
    """

    u: np.ndarray
    path: np.ndarray
    end: np.ndarray


def explain(model: Any, split: Split, row: int, seed: int, winner: int, rival: int) -> Explanation:
    """Of one image of a dequantized split, with the noise and the probes of its scores.

    Raises ArtifactError for a model whose likelihood is not solved on a grid.
    """
    if getattr(getattr(model, "likelihood", None), "procedure", None) != "fast":
        raise ArtifactError("--explain needs a score model whose likelihood is `fast`")
    draws = np.arange(split.images.shape[1])
    found = _maps(model, split.images[row], draws, split.index[row], seed, winner, rival)
    mean = jax.tree.map(lambda parts: np.asarray(parts, float).mean(axis=0), found)
    return Explanation(np.log(model.grid().nodes.s), mean.path, mean.end)


@jax.jit
def _maps(model: Any, x: Any, draws: Any, index: Any, seed: Any, winner: Any, rival: Any) -> gap_map.GapMap:
    of_draw = partial(model.gap_map, a=winner, b=rival, key=key_for(seed, "probe", index))
    return jax.vmap(lambda x, draw: of_draw(x, draw=draw))(x, draws)
