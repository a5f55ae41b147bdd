"""The attacked classifier: scores of a batch of images, and the gradient of an attack's loss.

It classifies x = (L - 1) a + u, where a is an image on [0, 1]^D and u the dequantization noise, and averages its scores
over draws of u (expectation over transformations; Athalye et al. 2018). u is the noise that the judge of the attack
adds, or new at each step. So are the trace probes of a density: they are fixed by keys that no evaluation uses, or new
at each step, and then the gradient is one of the exact trace on average.

Of a density whose classes cost one by one, only the own class and its strongest rivals are scored at a step.

An attack may evade a detector, which calls an image an outlier by log p(x), as well. Then an image counts as one that
misleads where it is misclassified and accepted (maths/attacks/detection.py).
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sbgc.keys import key_for
from sbgc.maths.acceptance import Band
from sbgc.maths.attacks.detection import accepted_margin, excess, log_marginal
from sbgc.maths.attacks.losses import margin, ranked
from sbgc.maths.attacks.protocol import Seen
from sbgc.procedures.attacks.answers import Settings, of_scores
from sbgc.procedures.scoring.bayes import ClassScores, batched_scores
from sbgc.types import Keys

Images = Float[Array, "batch height width channels"]
Noise = Float[Array, "batch draws height width channels"]
Classes = Int[Array, "batch chosen"]
Labels = Int[Array, " batch"]


class Batch(NamedTuple):
    """The attacked images' own classes, targets or -1, numbers in the dataset, and noise u."""

    labels: Labels
    targets: Labels
    numbers: Labels
    noise: Noise


class Victim:
    """A model under attack. What it computes for an image depends on no other image of the batch."""

    def __init__(self, model: Any, settings: Settings):
        self.model, self.settings, self.num_classes = model, settings, model.num_classes
        self.scores, traceable = batched_scores(model, log_probs=settings.evaded is not None)
        self.all_at_once = traceable  # else classes cost one by one
        # The model is an argument of what is compiled: its weights would be constants otherwise.
        self._average = jax.jit(self._mean_scores) if traceable else self._mean_scores
        self._told = jax.jit(self._see) if traceable else self._see

    def see(self, batch: Batch, images: Images, chosen: Classes, step: int) -> Seen:
        """What an attack is told of its images at a step, by the scores of the chosen classes (losses.ranked)."""
        return self._told(self.model, batch, images, chosen, jnp.asarray(step, jnp.int32))

    def class_scores(self, batch: Batch, images: Images, step: int) -> ClassScores:
        """The scores of all classes."""
        return self.scores_of(batch, images, jnp.tile(jnp.arange(self.num_classes), (len(images), 1)), step)

    def scores_of(self, batch: Batch, images: Images, chosen: Classes, step: int) -> ClassScores:
        """The scores of the chosen classes."""
        return self._average(self.model, batch, images, chosen, jnp.asarray(step, jnp.int32))

    def margins(self, batch: Batch, scores: ClassScores) -> Float[Array, " batch"]:
        """Of all classes: the best wrong score minus the own one, positive where an image is misclassified.

        Where a detector is to be evaded, positive where it accepts the image, too.
        """
        found = _margins(scores, batch.labels)
        return found if self.settings.evaded is None else _accepted_margins(found, scores, self.settings.evaded)

    def rivals(self, batch: Batch, scores: ClassScores, count: int) -> Classes:
        """The own class, the target where there is one, and the strongest others: `count` classes of each image."""
        return _ranked(scores, batch.labels, batch.targets)[:, :count]

    def _see(self, model: Any, batch: Batch, images: Images, chosen: Classes, step: Array) -> Seen:
        score, settings = partial(self._mean_scores, model, batch, chosen=chosen, step=step), self.settings
        if not settings.with_gradient:
            found, none = of_scores(score(images), settings, self.num_classes), jnp.zeros_like(images)
            return Seen(found.loss, found.margin, none, found.excess, none)
        scores, pull = jax.vjp(score, images)
        found = of_scores(scores, settings, self.num_classes)
        gradient = pull(found.slope)[0]
        weighed = settings.evaded is not None and settings.apart
        evading = pull(found.excess_slope)[0] if weighed else jnp.zeros_like(images)
        return Seen(found.loss, found.margin, gradient, found.excess, evading)

    def _mean_scores(self, model: Any, batch: Batch, images: Images, chosen: Classes, step: Array) -> ClassScores:
        """The mean over draws of log p(x|y), or of logits: that of log-posteriors, up to what classes share."""
        keys, draws = _keys(self.settings.seed, "attack-probe", batch.numbers), batch.noise.shape[1]
        total = jnp.zeros(chosen.shape, images.dtype)
        for draw in range(draws):
            number = draw + step * draws
            u = _drawn(self.settings.seed, batch, number) if self.settings.fresh_noise else batch.noise[:, draw]
            x = (self.settings.levels - 1) * images + u
            total = total + self.scores(model, x, keys, number if self.settings.fresh_probes else draw, chosen)
        return total / draws


@jax.jit
def _ranked(scores: ClassScores, labels: Labels, targets: Labels) -> Classes:
    return jax.vmap(ranked)(scores, labels, targets)


@jax.jit
def _margins(scores: ClassScores, labels: Labels) -> Array:
    ordered = jnp.take_along_axis(scores, _ranked(scores, labels, jnp.full_like(labels, -1)), axis=1)
    return jax.vmap(lambda one: margin(one, False))(ordered)


@partial(jax.jit, static_argnums=2)
def _accepted_margins(margins: Array, scores: ClassScores, evaded: Band) -> Array:
    return accepted_margin(margins, excess(evaded, log_marginal(scores, scores.shape[1])))


@partial(jax.jit, static_argnums=(0, 1))
def _keys(seed: int, role: str, index: Labels) -> Keys:
    return jax.vmap(partial(key_for, seed, role))(index)


@partial(jax.jit, static_argnums=0)
def _drawn(seed: int, batch: Batch, number: Array) -> Images:
    """New dequantization noise of a draw."""
    shape = batch.noise.shape[2:]
    keys = jax.vmap(lambda index: key_for(seed, "attack-noise", index, number))(batch.numbers)
    return jax.vmap(lambda key: jax.random.uniform(key, shape))(keys)
