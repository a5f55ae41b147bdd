"""Bayes' rule, which turns a density into a classifier (SBGC section 2.2)."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from sbgc.types import AllClasses, ClassLogits, ConditionalDensity, Draw, Image, Key, LogProb


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class BayesClassifier:
    """The classifier that a density makes by Bayes' rule: p(y|x) is proportional to p(x|y) p(y). A pytree."""

    density: ConditionalDensity
    log_prior: Any  # [classes]; while it compiles, JAX puts a description of the array in its place

    @property
    def num_classes(self) -> int:
        """The number of classes of the density."""
        return self.density.num_classes

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x|y) + log p(y) for every class, in nats. All classes share the key."""
        return class_log_probs(self.density, x, key).value + self.log_prior


def as_classifier(density: ConditionalDensity, log_prior: ClassLogits | None = None) -> BayesClassifier:
    """Lift a density to a classifier. The prior is uniform where none is given."""
    uniform = jnp.full(density.num_classes, -jnp.log(density.num_classes))
    return BayesClassifier(density, uniform if log_prior is None else log_prior)


def classifier_of(model: Any) -> Any:
    """A classifier as it is, and a density lifted to one with a uniform prior."""
    return model if hasattr(model, "logits") else as_classifier(model)


def class_log_probs(density: ConditionalDensity, x: Image, key: Key, draw: Draw = 0) -> LogProb:
    """log p(x|y) [classes] in nats for every class. All classes share the key and the draw, and so their probes.

    A density whose classes share work has a method `class_log_probs(x, key, draw)` for it.
    """
    if isinstance(density, AllClasses):
        return density.class_log_probs(x, key, draw)
    return jax.vmap(lambda y: density.log_prob(x, y, key, draw))(jnp.arange(density.num_classes))
