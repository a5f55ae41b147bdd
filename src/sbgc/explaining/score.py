"""log p(x|y) of a score model by pixel, up to what all classes share: the maps of class gaps (maths/gap_map.py)."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.explaining import Parts
from sbgc.keys import key_for


def parts(model: Any, split: Split, seed: int) -> Parts:
    """By pixel: log p(x|y) - log p(x|first class), with the noise and the probes of the scores, over all noise levels.

    Raises ArtifactError for a likelihood that is not solved on a grid.
    """
    if getattr(model.likelihood, "procedure", None) != "fast":
        raise ArtifactError("maps need a score model whose likelihood is `fast`")
    draws = np.arange(split.images.shape[1])
    found = [
        np.asarray(_gaps(model, x, draws, index, seed), float)
        for x, index in zip(split.images, split.index, strict=True)
    ]
    first = np.zeros((len(split), 1, *split.images.shape[2:4]))
    return Parts(np.concatenate([first, np.stack(found)], axis=1), None)


@jax.jit
def _gaps(model: Any, x: Any, draws: Any, index: Any, seed: Any) -> Any:
    """[classes - 1, H, W]: the means over draws [draws, H, W, C] of one image."""
    key = key_for(seed, "probe", index)

    def of_class(y: Any) -> Any:
        found = jax.vmap(lambda x, draw: model.gap_map(x, y, jnp.asarray(0), key, draw))(x, draws)
        return (found.path.sum(axis=1) + found.end).sum(axis=-1).mean(axis=0)

    return jax.lax.map(of_class, jnp.arange(1, model.num_classes))
