"""Maps over an image whose sums are log p(y|x) and log p(x) (Mackowiak et al. 2021, equations 8 to 10).

A model whose log p(x|y) is a sum over places, up to what all classes share, has a map for every class. Those of the
posterior and of the marginal density only have to share the logarithm of Bayes' denominator out among the places. They
do it by a reference, a weighted mean of all classes' maps, and by a remainder that is the same everywhere
(docs/theory.md, "Maps that add up"). Class priors are uniform.
"""

import math

import numpy as np
from jaxtyping import Float
from scipy.special import log_softmax, softmax

Maps = Float[np.ndarray, "classes height width"]
Map = Float[np.ndarray, "height width"]
Fine = Float[np.ndarray, "rows columns"]
PerClass = Float[np.ndarray, " classes"]


def posterior(parts: Maps, contrast: float) -> Maps:
    """A map for each class, in nats, which sums to log p(y|x) for every contrast.

    parts: log p(x|y) by place, up to a map that all classes share. contrast: 1 holds a class against all classes alike,
    0 against all classes as probable as they are, which leaves little to see of a class that is nearly certain. The
    difference between the maps of two classes is that of their parts, whatever the contrast.
    """
    reference, remainder = _denominator(parts, contrast)
    return parts - reference + remainder


def salience(parts: Maps, shared: Fine, contrast: float) -> Fine:
    """A map of all pixels, in nats, which sums to log p(x) for every contrast.

    parts, contrast: as above. shared: the map that all classes share, of all pixels, over which the parts are spread.
    With the posterior's map it makes Bayes' rule at each pixel: they add up to the class's part, the shared map, and
    the prior's share.
    """
    reference, remainder = _denominator(parts, contrast)
    prior = math.log(len(parts)) / reference.size
    return shared + spread(reference - remainder - prior, shared.shape)


def spread(coarse: Map, shape: tuple[int, ...]) -> Fine:
    """The same sum on a finer grid: every value is shared out evenly among the pixels that it is of.

    Raises ValueError where pixels of the finer grid do not fit into those of the coarse one.
    """
    tile = [fine // own for fine, own in zip(shape, coarse.shape, strict=True)]
    if tuple(one * own for one, own in zip(tile, coarse.shape, strict=True)) != tuple(shape):
        raise ValueError(f"a map of {coarse.shape} pixels cannot be spread over {tuple(shape)}")
    return np.kron(coarse, np.ones(tile)) / math.prod(tile)


def _denominator(parts: Maps, contrast: float) -> tuple[Map, float]:
    """Bayes' denominator logsumexp_y sum(parts), shared out: a map, less a number at each place."""
    log_posterior: PerClass = log_softmax(parts.sum(axis=(1, 2)))
    weights = softmax((1.0 - contrast) * log_posterior)
    return np.tensordot(weights, parts, axes=1), float(weights @ log_posterior) / parts[0].size
