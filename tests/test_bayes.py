import re
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc import keys
from sbgc.artifacts import Split
from sbgc.maths import bayes_rule
from sbgc.procedures.scoring import bayes
from sbgc.types import AllClasses, Latents, LogProb


@jax.tree_util.register_static
class Spherical:
    """p(x|y) = N(y, I), whose value also tells the key and the draw it was given."""

    num_classes = 3

    def log_prob(self, x, y, key, draw=0):
        return LogProb(-0.5 * jnp.sum((x - y) ** 2) + jax.random.uniform(key) + draw, jnp.asarray(1))


def test_all_classes_of_an_image_share_a_key_and_each_draw_has_its_number():
    split = Split(np.zeros((2, 2, 1, 1, 1), np.float32), np.zeros(2, int), np.array([5, 9]))
    scores, _ = bayes.log_prob_matrix(Spherical(), split, seed=4, batch_size=3)
    for image, index in enumerate(split.index):
        for draw in range(2):
            noise = float(jax.random.uniform(keys.key_for(4, "probe", index)))
            np.testing.assert_allclose(scores[image, :, draw], noise + draw - 0.5 * np.arange(3) ** 2, rtol=1e-5)


def test_pairs_have_the_values_of_the_matrix():
    split = Split(np.zeros((3, 2, 1, 1, 1), np.float32), np.zeros(3, int), np.array([5, 9, 2]))
    scores, nfe = bayes.log_prob_matrix(Spherical(), split, seed=4, batch_size=3)
    rows, classes = np.array([2, 0, 0, 1, 2]), np.array([1, 0, 2, 2, 0])
    for draw in range(2):
        found, cost = bayes.pair_scores(Spherical(), split, seed=4, batch_size=3)(rows, classes, draw)
        np.testing.assert_allclose(found, scores[rows, classes, draw], rtol=1e-6)
        np.testing.assert_array_equal(cost, nfe[rows, classes, draw])


@partial(jax.tree_util.register_dataclass, data_fields=["class_means"], meta_fields=[])
@dataclass(frozen=True)
class OnePass:
    """p(x|y) = N(mean_y, I) as a flow has it: all classes come from one latent, at one evaluation between them."""

    class_means: jax.Array
    num_classes = 3

    def latent(self, x):
        PASSES.append(1)  # in Python, so once a trace
        return x.reshape(-1)

    def class_log_probs(self, x, key, draw=0):
        value = -0.5 * jnp.sum((self.latent(x) - self.class_means) ** 2, axis=1)
        return LogProb(value, jnp.zeros(3, jnp.int32).at[0].set(1))

    def log_prob(self, x, y, key, draw=0):
        value, nfe = self.class_log_probs(x, key)
        return LogProb(value[y], nfe.sum())


PASSES = []


def test_a_density_that_brings_all_classes_is_asked_for_them_once():
    model = OnePass(jnp.array([[0.0, 1.0], [2.0, 0.0], [-1.0, 3.0]]))
    assert isinstance(model, AllClasses)
    assert isinstance(model, Latents)
    assert not isinstance(Spherical(), AllClasses | Latents)
    images = np.random.default_rng(0).uniform(0, 3, (4, 2, 1, 2, 1)).astype(np.float32)
    PASSES.clear()
    scores, nfe, gives = bayes.matrix(model, Split(images, np.zeros(4, int), np.arange(4)), seed=0, batch_size=8)
    assert gives == "log_prob"
    assert len(PASSES) == 1
    wanted = -0.5 * ((images.reshape(4, 1, 2, 2) - np.asarray(model.class_means)[:, None]) ** 2).sum(axis=3)
    np.testing.assert_allclose(scores, wanted, rtol=1e-5)
    assert nfe.sum() == 8  # one evaluation an image and draw, whatever the classes
    x, key = jnp.asarray(images[0, 0]), jax.random.key(0)
    logits = bayes_rule.as_classifier(model).logits(x, key)
    np.testing.assert_allclose(np.diff(logits), np.diff(scores[0, :, 0]), rtol=1e-4)
    chosen = jnp.asarray([[2, 0]])
    scores, traceable = bayes.batched_scores(model)
    np.testing.assert_allclose(scores(model, x[None], key[None], 0, chosen)[0], logits[chosen[0]], rtol=1e-5)
    assert traceable


def test_equal_images_of_one_index_and_draw_are_scored_once():
    """As attacks leave many of them. Another index or draw has other probes."""
    random = np.random.default_rng(0).uniform(0, 3, (2, 1, 1, 2, 1)).astype(np.float32)
    images, index = random[[0, 1, 0, 0, 1]], np.array([4, 5, 4, 6, 5])
    first, place = bayes._distinct(images[:, 0], index, np.zeros(5, int))
    assert first.tolist() == [0, 1, 3]
    assert place.tolist() == [0, 1, 0, 2, 1]
    split = Split(images, np.zeros(5, int), index)
    scores, nfe = bayes.log_prob_matrix(Spherical(), split, seed=0, batch_size=2)
    apart = [bayes.log_prob_matrix(Spherical(), split.take(slice(row, row + 1)), 0, 2)[0] for row in range(5)]
    np.testing.assert_array_equal(scores, np.concatenate(apart))
    assert nfe.min() == 1


def test_a_classifier_gives_logits_and_a_density_log_probs():
    split = Split(np.ones((1, 1, 1, 1, 1), np.float32), np.zeros(1, int), np.zeros(1, int))
    assert bayes.matrix(Spherical(), split, 0, 1)[2] == "log_prob"
    scores, nfe, gives = bayes.matrix(bayes_rule.as_classifier(OnePass(jnp.zeros((3, 1)))), split, 0, 1)
    assert gives == "logits"
    np.testing.assert_allclose(scores[0, :, 0], -0.5 - np.log(3.0), rtol=1e-6)
    np.testing.assert_array_equal(nfe, np.ones((1, 3, 1)))


def test_matrices_of_other_weights_and_another_seed_share_one_compiled_program():
    split = Split(np.ones((2, 3, 1, 2, 1), np.float32), np.zeros(2, int), np.arange(2))
    PASSES.clear()
    for seed in range(3):
        mean = np.full((3, 2), float(seed), np.float32)
        scores, _ = bayes.log_prob_matrix(OnePass(jnp.asarray(mean)), split, seed, batch_size=5)
        np.testing.assert_allclose(scores, -((1.0 - seed) ** 2), atol=1e-6)
    assert len(PASSES) == 1


@pytest.mark.parametrize("evaluate", [bayes._batch_of_log_probs, bayes._batch_of_logits])
def test_no_weights_are_among_the_constants_of_a_compiled_program(evaluate):
    """Its longest constant is the nodes of the grid; it would be a kernel, with hundreds of numbers."""
    model = tiny.score_model(tiny.FAST)
    if evaluate is bayes._batch_of_logits:
        model = bayes_rule.as_classifier(model)
    arguments = jnp.zeros((2, *tiny.SHAPE)), jnp.zeros(2, int), jnp.zeros(2, int)
    assert longest_constant(evaluate, (model, 0), *arguments) < 1000
    assert longest_constant(partial(evaluate, (model, 0)), *arguments) > 1000


def longest_constant(function, *arguments):
    """In letters of the program's text, which writes a constant of equal numbers as one number."""
    return max(map(len, re.findall("dense<([^>]*)>", jax.jit(function).lower(*arguments).as_text())))


def test_a_value_that_is_not_finite_names_its_image():
    images = np.zeros((3, 1, 1, 1, 1), np.float32)
    images[1] = np.nan
    with pytest.raises(FloatingPointError, match="image 8"):
        bayes.log_prob_matrix(Spherical(), Split(images, np.zeros(3, int), np.array([7, 8, 9])), 0, 2)
    pairs = bayes.pair_scores(Spherical(), Split(images, np.zeros(3, int), np.array([7, 8, 9])), 0, 2)
    with pytest.raises(FloatingPointError, match="image 8"):
        pairs(np.array([0, 1]), np.array([0, 0]), 0)


def test_shared_probes_make_differences_between_classes_less_noisy_than_values():
    model, x = tiny.score_model(tiny.FAST), jnp.asarray(tiny.split(1, 1).images[0, 0])
    draws = jax.random.split(jax.random.key(0), 200)
    values = np.asarray(jax.jit(jax.vmap(lambda key: bayes_rule.class_log_probs(model, x, key).value))(draws), float)
    paired, independent = np.var(values[:, 0] - values[:, 1]), np.var(values[:, 0]) + np.var(values[:, 1])
    assert paired < 0.5 * independent
