"""log p(x|y) of an IB-INN by place: the latent before the cosine transform (Mackowiak et al. 2021, equations 8, 9)."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import ArtifactError, Split
from sbgc.explaining import Parts
from sbgc.maths import heatmaps
from sbgc.maths.bijectors import CosineTransform
from sbgc.nets.local_log_det import local_log_det


def parts(model: Any, split: Split, seed: int) -> Parts:
    """By pixel (k, l) of the last stage: w_kl m_kl - |m_kl|^2 / 2, where w and m are z and mu_y before the transform.

    This is -|w^(y)_kl|^2 / 2 without -|w_kl|^2 / 2, which is the same for all classes and would round the rest. It is
    shared, and so are the constant of the normal density and the log-determinant. Nothing is random: `seed` is of other
    kinds.
    Raises ArtifactError for a network with a coupling after the transform, behind which no number has a place.
    """
    del seed
    if model.net.network.dense:
        raise ArtifactError("an IB-INN with `dense` > 0 has no maps: that coupling mixes all places")
    found = [_of_image(model, draws) for draws in split.images]
    of_classes, shared = (np.stack(one) for one in zip(*found, strict=True))
    return Parts(of_classes, shared)


def _of_image(model: Any, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means over draws [draws, H, W, C] of one image: [classes, h, w] and [H, W]."""
    z, centers, log_det = _run(model, draws)
    w, m = _before_pooling(model, z), _before_pooling(model, centers)
    of_classes = np.einsum("hwc,yhwc->yhw", w.mean(axis=0), m) - 0.5 * np.square(m).sum(axis=-1)
    normal = -0.5 * np.square(w).sum(axis=-1).mean(axis=0) - 0.5 * w.shape[-1] * math.log(2.0 * math.pi)
    shared = heatmaps.spread(normal, draws.shape[1:3]) + np.asarray(log_det, float).mean(axis=0)
    return of_classes, shared


def _before_pooling(model: Any, latents: Any) -> np.ndarray:
    """[n, h, w, C]: the pixels of the last stage, in float64."""
    network = model.net.network
    height, width = (side >> len(network.blocks) for side in network.image_shape[:2])
    return np.asarray(CosineTransform(height, width).inverse(jnp.asarray(latents)[:, None, None, :]), float)


@jax.jit
def _run(model: Any, draws: Any) -> Any:
    z = jax.vmap(model.latent)(draws)
    return z, model.class_means, local_log_det(model.net, model.variables, draws)
