"""Classifiers behind a defence. Their gradients are through all of it, so that attacks on them are adaptive.

Athalye et al. 2018 have shown why: what is defended by gradients that lead nowhere falls to an attack that goes around.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

from sbgc.maths.bayes_rule import class_log_probs
from sbgc.types import Classifier, ClassLogits, ConditionalDensity, Image, Key, Scalar


@partial(jax.tree_util.register_dataclass, data_fields=["classifier"], meta_fields=["std", "draws"])
@dataclass(frozen=True)
class Averaged:
    """The mean of a classifier's p(y|x) over `draws` normal perturbations of the image (Cohen et al. 2019).

    std: of each number of the image, in grey levels. What is perturbed may leave [0, L)^D.
    """

    classifier: Classifier
    std: float
    draws: int

    @property
    def num_classes(self) -> int:
        """The number of classes of the classifier."""
        return self.classifier.num_classes

    @property
    def passes(self) -> int:
        """How often the classifier is asked about one image."""
        return self.draws

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """The logarithm of the mean of the posteriors. All perturbations follow from the key of the image."""

        def log_posterior(key: Key) -> ClassLogits:
            perturbed = x + self.std * jax.random.normal(key, x.shape, x.dtype)
            return jax.nn.log_softmax(self.classifier.logits(perturbed, key))

        each = jax.vmap(log_posterior)(jax.random.split(key, self.draws))
        return jax.nn.logsumexp(each, axis=0) - jnp.log(self.draws)


@partial(jax.tree_util.register_dataclass, data_fields=["density"], meta_fields=["levels", "epsilon", "steps", "step"])
@dataclass(frozen=True)
class Maximized:
    """A density, asked about the image that has climbed log p(x), with all classes equally likely (Song et al. 2018).

    epsilon: how far each number of the image may go, in grey levels. step: how far it goes at each of the steps.
    """

    density: ConditionalDensity
    levels: int
    epsilon: float
    steps: int
    step: float

    @property
    def num_classes(self) -> int:
        """The number of classes of the density."""
        return self.density.num_classes

    @property
    def passes(self) -> int:
        """How often the density is asked about one image."""
        return self.steps + 1

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x'|y) in nats of every class, where x' is the image that has climbed."""
        return class_log_probs(self.density, self.climbed(x, key), key).value

    def climbed(self, x: Image, key: Key) -> Image:
        """The image after steps along the sign of the gradient, within the ball around it and within [0, L]^D.

        The derivative of a sign is 0 almost everywhere. So the gradient at the end is handed on to the start as it is,
        but for numbers that have reached the end of the grey levels. No second derivatives are needed.
        """

        def log_marginal(x: Image) -> Scalar:
            return jax.nn.logsumexp(class_log_probs(self.density, x, key).value)

        low, high = jnp.maximum(x - self.epsilon, 0.0), jnp.minimum(x + self.epsilon, float(self.levels))

        def climb(moved: Image, _: None) -> tuple[Image, None]:
            return jnp.clip(moved + self.step * jnp.sign(jax.grad(log_marginal)(moved)), low, high), None

        unroll = jax.default_backend() == "cpu"  # XLA's CPU backend is slow at gradients inside a loop
        return jax.lax.scan(climb, x, None, self.steps, unroll=unroll)[0]
