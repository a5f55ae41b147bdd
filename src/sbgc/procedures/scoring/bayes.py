"""Class scores of whole splits."""

import hashlib
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sbgc import devices, keys
from sbgc.artifacts import Split
from sbgc.maths.bayes_rule import class_log_probs, classifier_of
from sbgc.procedures.scoring import batch_programs
from sbgc.progress import progress_bar
from sbgc.types import Classifier, ConditionalDensity, Draw, Keys, LogProb

Images = Float[Array, "batch height width channels"]
ClassScores = Float[Array, "batch classes"]
Classes = Int[Array, "batch chosen"]
Scores = Callable[[Any, Images, Keys, Draw, Classes], ClassScores]
# (rows [m], classes [m], one draw or draws [m]) -> log p(x|y) in nats [m] and its nfe [m], with the draws' noise.
PairScores = Callable[[np.ndarray, np.ndarray, int | np.ndarray], tuple[np.ndarray, np.ndarray]]


def matrix(
    model: Any, split: Split, seed: int, batch_size: int, memory: float = math.inf
) -> tuple[np.ndarray, np.ndarray, str]:
    """The model's class scores, their nfe, and what they are: "log_prob" of a density, "logits" of a classifier."""
    if isinstance(model, ConditionalDensity):
        return *log_prob_matrix(model, split, seed, batch_size, memory), "log_prob"
    return *logit_matrix(model, split, seed, batch_size, memory), "logits"


def log_prob_matrix(
    density: ConditionalDensity, split: Split, seed: int, batch_size: int, memory: float = math.inf
) -> tuple[np.ndarray, np.ndarray]:
    """log p(x|y) in nats, float64 [n, classes, draws], and its nfe, int64, for a split of dequantized draws.

    It takes `batch_size` images at a time, or fewer where `memory` MiB of each device hold no more. Raises
    FloatingPointError, which names the image, when a value is not finite, and ArtifactError when a single image needs
    more memory than that.
    """
    return _matrix(_batch_of_log_probs, density, split, seed, batch_size, memory)


def pair_scores(
    density: ConditionalDensity, split: Split, seed: int, batch_size: int, memory: float = math.inf
) -> PairScores:
    """log p(x|y) of any pairs of an image and a class, `batch_size` pairs at a time, with the same noise as the matrix.

    Only the pairs that are asked for cost anything. Raises what `log_prob_matrix` raises.
    """

    def example(size: int) -> tuple[np.ndarray, ...]:
        return np.zeros((size, *split.images.shape[2:]), np.float32), *(np.zeros(size, int) for _ in range(3))

    program = batch_programs.for_batches(_batch_of_pairs, (density, seed), example, batch_size, memory)

    def scores(rows: np.ndarray, classes: np.ndarray, draw: int | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        draws, index = np.broadcast_to(draw, rows.shape), split.index[rows]
        value, nfe = np.empty(len(rows)), np.empty(len(rows), np.int64)

        def arguments(some: np.ndarray) -> tuple[np.ndarray, ...]:
            return split.images[rows[some], draws[some]], classes[some], index[some], draws[some]

        _fill(value, nfe, program, arguments, "pairs of an image and a class", "pair")
        _check_finite(value[:, None], index, draws)
        return value, nfe

    return scores


def logit_matrix(
    classifier: Classifier, split: Split, seed: int, batch_size: int, memory: float = math.inf
) -> tuple[np.ndarray, np.ndarray]:
    """A classifier's logits, float64 [n, classes, draws], and nfe. Raises what `log_prob_matrix` raises.

    nfe is 1 for each, or the classifier's `passes` where it asks a network more than once.
    """
    return _matrix(_batch_of_logits, classifier, split, seed, batch_size, memory)


def batched_scores(model: Any, log_probs: bool = False) -> tuple[Scores, bool]:
    """The function (model, images, keys, draw, classes [n, m]) -> scores [n, m], differentiable in the images.

    log_probs: whether scores are to be log p(x|y); else they may lack what classes share, which rounds. Beside the
    function, whether JAX may trace it; where not, `jax.vjp` works outside `jit` alone. A model whose gradient is
    cheaper than the derivative of its own scores, or whose classes cost one by one, brings its own `batched_scores`.
    """
    if hasattr(model, "batched_scores"):
        return model.batched_scores()
    return (_chosen_log_probs if log_probs else _chosen_logits), True


@jax.jit
def _chosen_logits(model: Any, images: Images, keys: Keys, draw: Draw, chosen: Classes) -> ClassScores:
    classifier = classifier_of(model)
    logits = jax.vmap(lambda x, key: classifier.logits(x, jax.random.fold_in(key, draw)))(images, keys)
    return jnp.take_along_axis(logits, chosen, axis=1)


@jax.jit
def _chosen_log_probs(model: Any, images: Images, keys: Keys, draw: Draw, chosen: Classes) -> ClassScores:
    every = jax.vmap(lambda x, key: class_log_probs(model, x, key, draw).value)(images, keys)
    return jnp.take_along_axis(every, chosen, axis=1)


# What is compiled. These are functions of the module, so that JAX knows them again: matrices of one kind of model share
# a program, whatever its weights and its seed.


def _batch_of_log_probs(bound: tuple[Any, Any], x: Array, index: Array, draw: Array) -> LogProb:
    """`bound` is a density and the seed of its probes."""
    density, seed = bound
    return jax.vmap(partial(class_log_probs, density))(x, _probe_keys(seed, index), draw)


def _batch_of_logits(bound: tuple[Any, Any], x: Array, index: Array, draw: Array) -> LogProb:
    classifier, seed = bound
    drawn = jax.vmap(jax.random.fold_in)(_probe_keys(seed, index), draw)
    logits = jax.vmap(classifier.logits)(x, drawn)
    return LogProb(logits, jnp.full(logits.shape, getattr(classifier, "passes", 1), jnp.int32))


def _batch_of_pairs(bound: tuple[Any, Any], x: Array, y: Array, index: Array, draw: Array) -> LogProb:
    density, seed = bound
    return jax.vmap(density.log_prob)(x, y, _probe_keys(seed, index), draw)


def _probe_keys(seed: Any, index: Array) -> Array:
    return jax.vmap(partial(keys.key_for, seed, "probe"))(index)


def _matrix(
    evaluate: Callable[..., LogProb], model: Any, split: Split, seed: int, batch_size: int, memory: float
) -> tuple[np.ndarray, np.ndarray]:
    images, draws = split.images.shape[:2]
    pixels = split.images.reshape(images * draws, *split.images.shape[2:])
    index, draw = np.repeat(split.index, draws), np.tile(np.arange(draws), images)

    def example(size: int) -> tuple[np.ndarray, ...]:
        return np.zeros((size, *pixels.shape[1:]), np.float32), np.zeros(size, int), np.zeros(size, int)

    program = batch_programs.for_batches(evaluate, (model, seed), example, batch_size, memory)
    first, place = _distinct(pixels, index, draw)
    value = np.empty((len(first), model.num_classes))
    nfe = np.empty(value.shape, np.int64)
    _fill(value, nfe, program, lambda rows: tuple(of[first[rows]] for of in (pixels, index, draw)), "scores", "image")
    _check_finite(value, index[first], draw[first])
    return _by_image(value[place], draws), _by_image(nfe[place], draws)


def _distinct(pixels: np.ndarray, index: np.ndarray, draw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each image and draw, and for each row the place of its own among these.

    An attack leaves many images as a smaller bound has left them, and those are scored once.
    """
    seen: dict[tuple[bytes, int, int], int] = {}
    names = zip(pixels, index.tolist(), draw.tolist(), strict=True)
    place = [seen.setdefault((hashlib.sha256(x.tobytes()).digest(), i, d), len(seen)) for x, i, d in names]
    return np.unique(np.array(place, int), return_index=True)[1], np.array(place, int)


def _fill(
    value: np.ndarray,
    nfe: np.ndarray,
    program: batch_programs.Program,
    arguments: Callable[[np.ndarray], batch_programs.Batch],
    what: str,
    unit: str,
) -> None:
    """Write the program's results for every row. `arguments` makes the program's arguments for some of the rows."""
    with progress_bar(len(value), what, unit) as bar:
        for rows, count in _padded_batches(len(value), program.batch_size):
            got = program.run(*devices.spread(arguments(rows)))
            value[rows[:count]], nfe[rows[:count]] = got.value[:count], got.nfe[:count]
            bar.update(count)


def _check_finite(value: np.ndarray, index: np.ndarray, draw: np.ndarray) -> None:
    wrong = np.flatnonzero(~np.isfinite(value).all(axis=1))
    if len(wrong):
        place = f"image {index[wrong[0]]}, draw {draw[wrong[0]]}"
        raise FloatingPointError(f"{place}: not all class scores are finite; a net or a solver has diverged")


def _by_image(rows: np.ndarray, draws: int) -> np.ndarray:
    """Rows [n * draws, classes] as an array [n, classes, draws]."""
    return rows.reshape(len(rows) // draws, draws, rows.shape[1]).transpose(0, 2, 1)


def _padded_batches(rows: int, batch_size: int) -> Iterator[tuple[np.ndarray, int]]:
    """The rows of each batch, and how many of them count.

    The last batch is filled up with copies of its last row. All batches then have one compiled shape, and no value
    depends on how many rows there are.
    """
    for start in range(0, rows, batch_size):
        count = min(batch_size, rows - start)
        yield np.minimum(np.arange(start, start + batch_size), rows - 1), count
