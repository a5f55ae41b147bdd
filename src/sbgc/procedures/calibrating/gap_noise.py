"""How noisy the denoising errors of two classes are against each other, by noise level, on a model's own images.

The bound that is made of them (maths/elbo.py) draws its samples where this noise is large.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sbgc.keys import key_for
from sbgc.maths import elbo, score_matching
from sbgc.procedures.calibrating.solver import Pairs

CELLS = 30  # equal ranges of the place of a time
SAMPLES = 4  # in each cell, of each image
TINY = float(np.finfo(float).tiny)  # in place of the noise of classes that never differ


def gap_noise(model: Any, pairs: Pairs, seed: int, batch_size: int) -> Float[np.ndarray, " cells"]:
    """The standard deviation in nats of what a cell adds to a class gap of the bound with one sample in each cell.

    pairs: each image under two classes, one after the other. All images count alike in how the noise is spread over the
    levels: one whose classes lie far apart can be noisier than all others together, and its decision needs no samples.
    """
    found = [np.asarray(_errors(model, *batch, seed), float) for batch in pairs.batches(batch_size)]
    errors = np.concatenate(found)[: len(pairs.labels)]
    gaps = 0.5 * float(score_matching.total_weight(model.sde)) / CELLS * (errors[0::2] - errors[1::2])
    variances = gaps.var(axis=2, ddof=1)
    totals = variances.sum(axis=1)
    return np.sqrt((variances / np.maximum(totals, TINY)[:, None]).mean(axis=0) * totals.mean())


@jax.jit
def _errors(model: Any, z: Array, labels: Array, index: Array, seed: Array) -> Array:
    return jax.vmap(partial(_of_pair, model, seed))(z, labels, index)


def _of_pair(model: Any, seed: Array, z: Array, label: Array, index: Array) -> Array:
    """Denoising errors [cells, samples]; classes share places and noise."""
    place_key, key = jax.random.split(key_for(seed, "gap noise", index))
    places = (jnp.arange(CELLS)[:, None] + jax.random.uniform(place_key, (CELLS, SAMPLES))) / CELLS

    def error(sample: tuple[Array, Array]) -> Array:
        return elbo.denoising_error(model.sde, lambda z, t: model.eps_hat(z, t, label), z, *sample)

    keys = jax.random.split(key, CELLS * SAMPLES)
    return jax.lax.map(error, (places.ravel(), keys)).reshape(CELLS, SAMPLES)
