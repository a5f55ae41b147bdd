"""Projected gradient descent on the input of a classifier (Madry et al. 2018; SBGC section 3.3), by Foolbox.

The attacked classifier is a function of the image k alone, because all noise is fixed. It classifies x = k + u with the
same draws of dequantization noise u that the evaluation adds, and averages over them (expectation over a fixed set of
transformations; Athalye et al. 2018). The trace probes of a density are fixed during the attack as well, by keys that
the evaluation does not use. An attack that succeeds here and fails there fooled the probes, not the model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import eagerpy as ep
import foolbox as fb
import jax
import jax.numpy as jnp
import numpy as np
from foolbox.attacks.gradient_descent_base import BaseGradientDescent
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from sbgc.artifacts import Split
from sbgc.keys import key_for
from sbgc.progress import progress_bar
from sbgc.types import Image, Keys

Images = Float[Array, "batch height width channels"]
ClassScores = Float[Array, "batch classes"]
PerImage = Float[Array, " batch"]
Labels = Int[Array, " batch"]
# (images, keys, one per image, draw) -> scores. It is never traced here, so that it may loop on the host.
Scores = Callable[[Images, Keys, int], ClassScores]


@dataclass(frozen=True)
class PGD:
    """One attack in one norm, on images of `levels` grey levels. `seed` decides the starts and the probes.

    epsilons are on the scale where grey levels 0..L-1 are 0..1. A step has the length relative_step * epsilon.
    """

    norm: Literal["linf", "l2"]
    epsilons: tuple[float, ...]
    steps: int
    relative_step: float
    loss: Literal["cross_entropy", "margin"]
    levels: int
    seed: int


@jax.jit
def cross_entropy(scores: ClassScores, labels: Labels) -> PerImage:
    """-log p(y|x) in nats. Its gradient vanishes where one class leads by tens of nats, as likelihoods often do."""
    return -_of_class(jax.nn.log_softmax(scores), labels)


@jax.jit
def margin(scores: ClassScores, labels: Labels) -> PerImage:
    """The best wrong score minus the true one, positive where the image is misclassified. It never saturates."""
    own = jax.nn.one_hot(labels, scores.shape[1], dtype=bool)
    return jnp.where(own, -jnp.inf, scores).max(axis=1) - _of_class(scores, labels)


LOSSES: dict[str, Callable[[ClassScores, Labels], PerImage]] = {"cross_entropy": cross_entropy, "margin": margin}


def fixed_noise(scores: Scores, noise: np.ndarray, index: np.ndarray, pgd: PGD) -> Callable[[Images], ClassScores]:
    """The attacked classifier: images a in [0, 1] -> log-posteriors of x = (L - 1) a + u, averaged over draws of u.

    noise: u, [n, draws, H, W, C]. The log-softmax of each draw is averaged, as in the evaluation. For a density this is
    the average of its scores, up to a constant that all classes share.
    """
    draws = [jnp.asarray(noise[:, draw], jnp.float32) for draw in range(noise.shape[1])]
    keys = jnp.stack([key_for(pgd.seed, "attack-probe", int(i)) for i in index])

    def classify(images: Images) -> ClassScores:
        grey = (pgd.levels - 1) * images
        return _mean_log_softmax([scores(grey + u, keys, draw) for draw, u in enumerate(draws)])

    return classify


def unit_start(norm: str, index: ArrayLike, shape: Sequence[int], seed: int) -> Image:
    """A point uniform in the unit ball of the norm, by the image's own key, where Foolbox uses a hidden global key.

    For l2 it is the first D coordinates of a point on the sphere in D + 2 dimensions (Voelker et al. 2017).
    """
    key = key_for(seed, "attack-start", index)
    if norm == "linf":
        return jax.random.uniform(key, tuple(shape), minval=-1.0, maxval=1.0)
    normal = jax.random.normal(key, (int(np.prod(shape)) + 2,))
    return (normal / jnp.linalg.norm(normal))[:-2].reshape(tuple(shape))


class _Keyed(BaseGradientDescent):
    """Foolbox's descent, with given starts, a given loss and a count of its steps."""

    def __init__(self, pgd: PGD, starts: Images, tick: Callable[[], object]):
        super().__init__(rel_stepsize=pgd.relative_step, steps=pgd.steps, random_start=True)
        self.starts, self.loss, self.tick = starts, LOSSES[pgd.loss], tick

    def get_random_start(self, x0: ep.Tensor, epsilon: float) -> ep.Tensor:
        """x0 plus epsilon times the starts."""
        return x0 + epsilon * ep.astensor(self.starts)

    def get_loss_fn(self, model: fb.Model, labels: ep.Tensor) -> Callable[[ep.Tensor], ep.Tensor]:
        """The loss that the attack makes large, summed over images, so that no image's gradient depends on another."""
        return lambda inputs: ep.astensor(self.loss(model(inputs).raw, labels.raw).sum())

    def value_and_grad(self, loss_fn: Callable[[ep.Tensor], ep.Tensor], x: ep.Tensor) -> tuple[ep.Tensor, ep.Tensor]:
        """Foolbox's value and gradient. Each call is counted."""
        self.tick()
        return super().value_and_grad(loss_fn, x)


class KeyedLinfPGD(_Keyed, fb.attacks.LinfPGD):
    """Steps along the gradient's sign, inside the l_inf ball."""


class KeyedL2PGD(_Keyed, fb.attacks.L2PGD):
    """Steps along the normalized gradient, inside the l2 ball."""


ATTACKS = {"linf": KeyedLinfPGD, "l2": KeyedL2PGD}


def attack(scores: Scores, split: Split, noise: np.ndarray, pgd: PGD, batch_size: int) -> Split:
    """The attacked images: float32 in grey levels [0, L-1], stacked over epsilons, with the column epsilon.

    noise: that of the evaluation, [n, draws, H, W, C]. Images that are misclassified before the attack stay as they
    are. The result for an image depends on no other image. `batch_size` bounds the memory, but another size can change
    the rounding (docs/conventions.md). Progress counts the gradients of batches.
    """
    size = min(batch_size, len(split))
    attacked = np.empty((len(pgd.epsilons), *split.images.shape), np.float32)
    with progress_bar(-(-len(split) // size) * len(pgd.epsilons) * pgd.steps, f"PGD {pgd.norm}", "step") as progress:
        for start in range(0, len(split), size):
            # The last batch is filled up with copies of its last image, so that one shape compiles once.
            rows = np.minimum(np.arange(start, start + size), len(split) - 1)
            classify = fixed_noise(scores, noise[rows], split.index[rows], pgd)
            attacked[:, rows] = _attack_batch(classify, split.take(rows), pgd, progress.update)
    return _stacked(split, attacked, pgd)


def _attack_batch(
    classify: Callable[[Images], ClassScores], split: Split, pgd: PGD, tick: Callable[[], object]
) -> np.ndarray:
    clean, labels = jnp.asarray(split.images, jnp.float32), jnp.asarray(split.labels, jnp.int32)
    images = clean / (pgd.levels - 1)
    starts = jnp.stack([unit_start(pgd.norm, int(index), clean.shape[1:], pgd.seed) for index in split.index])
    method = ATTACKS[pgd.norm](pgd, starts, tick)
    _, moved, _ = method(fb.JAXModel(classify, bounds=(0.0, 1.0)), images, labels, epsilons=list(pgd.epsilons))
    correct = (jnp.argmax(classify(images), axis=1) == labels)[:, None, None, None]
    return np.stack([jnp.where(correct, (pgd.levels - 1) * image, clean) for image in moved])


def _stacked(split: Split, attacked: np.ndarray, pgd: PGD) -> Split:
    stack = split.take(np.tile(np.arange(len(split)), len(pgd.epsilons)))
    columns = stack.columns | {"epsilon": np.repeat(np.asarray(pgd.epsilons), len(split))}
    return replace(stack, images=attacked.reshape(stack.images.shape), columns=columns)


@jax.jit
def _mean_log_softmax(scores: list[ClassScores]) -> ClassScores:
    return jax.nn.log_softmax(jnp.stack(scores)).mean(axis=0)


def _of_class(scores: ClassScores, labels: Labels) -> PerImage:
    return jnp.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
