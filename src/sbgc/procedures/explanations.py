"""How a model explains its decisions on some images: by maps, and by its latents among the centers of the classes."""

from typing import Any

import jax
import numpy as np

from sbgc import explaining
from sbgc.artifacts import Split
from sbgc.artifacts.explanations import Explanations
from sbgc.maths import decision_space
from sbgc.procedures.scoring import bayes
from sbgc.types import Latents

NOTHING = np.zeros(0)


def explain(
    model: Any, kind: str | None, split: Split, seed: int, batch_size: int, memory: float, meta: dict[str, Any]
) -> Explanations:
    """The explanations of a dequantized split by a density.

    kind: of the model, whose page tells maps; None for a model without. seed: of the training, which also seeds probes.
    Latents are averaged over draws, and so is log p: the mean of log p over draws has the posterior of the mean latent,
    for what is left of its squares is the same for all classes. Raises what the page of the kind raises, and what
    `bayes.log_prob_matrix` raises.
    """
    scores, _ = bayes.log_prob_matrix(model, split, seed, batch_size, memory)
    of_classes, shared = explaining.page(kind).parts(model, split, seed) if kind else (NOTHING, None)
    latents, centers = _latents(model, split) if isinstance(model, Latents) else (NOTHING, NOTHING)
    return Explanations(
        labels=split.labels,
        index=split.index,
        log_probs=scores,
        of_classes=of_classes,
        shared=NOTHING if shared is None else shared,
        latents=latents,
        centers=centers,
        meta=meta,
    )


def _latents(model: Any, split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The mean latents of images [n, rank] and the centers [classes, rank], in the space that the centers span."""
    centers = np.asarray(model.class_means, float)
    basis = decision_space.span(centers)
    means = [np.asarray(_of_draws(model, draws), float).mean(axis=0) for draws in split.images]
    return np.stack(means) @ basis, centers @ basis


@jax.jit
def _of_draws(model: Any, draws: Any) -> Any:
    return jax.vmap(model.latent)(draws)
