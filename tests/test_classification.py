from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from hand_matrices import hand

from sbgc.data.dequantize import noise
from sbgc.maths import metrics, uncertainty
from sbgc.procedures import classification
from sbgc.types import LogProb

IMAGES = tiny.split(5).images
NAMES = ["zero", "one", "two"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Known:
    """log p(x|y) = -|x - 5 y|^2 / 100, without any noise of its own."""

    scale: Any
    num_classes = tiny.CLASSES

    def log_prob(self, x, y, key, draw=0):
        return LogProb(-jnp.sum((x - 5.0 * y) ** 2) / self.scale, jnp.int32(1))


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Logits:
    """A classifier without a density."""

    values: Any
    num_classes = tiny.CLASSES

    def logits(self, x, key):
        return self.values


MODEL = Known(jnp.float32(100.0))


def asked(images, draws=4, strata=2, batch_size=2, model=MODEL, trained_on=None):
    split = classification.dequantized(images, 0, draws, strata)
    return classification.answers(model, split, 0, strata, batch_size, 1000.0, trained_on), split


def test_an_answer_is_bayes_rule_on_the_means_over_draws():
    found, split = asked(IMAGES)
    x = split.images.astype(float)
    classes = 5.0 * np.arange(3).reshape(1, 1, 3, 1, 1, 1)
    scores = -((x[:, :, None] - classes) ** 2).sum(axis=(3, 4, 5)).transpose(0, 2, 1) / 100.0  # [n, classes, draws]
    mean = scores.mean(axis=2)
    posterior = np.exp(mean - mean.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    for row, one in enumerate(found):
        np.testing.assert_allclose(one.posterior, posterior[row], rtol=1e-4)
        np.testing.assert_allclose(one.log_prob, mean[row], rtol=1e-5)
        order = mean[row].argsort()
        assert (one.winner, one.rival) == (order[-1], order[-2])
        assert one.gap == pytest.approx(mean[row, order[-1]] - mean[row, order[-2]], rel=1e-4)
        marginal = np.log(np.exp(mean[row] - mean[row].max()).mean()) + mean[row].max()
        assert one.bits_per_dim == pytest.approx(-marginal / (16 * np.log(2.0)), rel=1e-5)
        wanted = uncertainty.decisions(scores[[row]], 2)
        assert one.flip == pytest.approx(float(wanted.flip[0]), rel=1e-3)


def test_an_answer_depends_on_no_other_image_no_order_and_no_batch():
    together, _ = asked(IMAGES)
    backwards, _ = asked(IMAGES[::-1], batch_size=5)
    for row, one in enumerate(together):
        (alone,), _ = asked(IMAGES[[row]], batch_size=1)
        for other in (alone, backwards[-1 - row]):
            np.testing.assert_allclose(other.log_prob, one.log_prob, rtol=1e-6)
            assert other.flip == pytest.approx(one.flip, rel=1e-4)


def test_the_noise_follows_from_the_pixels_alone():
    one, other = (classification.dequantized(images, 0, 4, 2) for images in (IMAGES, IMAGES[[3]]))
    np.testing.assert_array_equal(one.images[3], other.images[0])
    np.testing.assert_array_equal(other.images[0] - IMAGES[3], noise(0, other.index, 4, tiny.SHAPE, 2)[0])
    assert len(set(one.index)) == len(IMAGES)
    assert one.index.max() < 2**31


def test_typicality_is_against_the_scores_of_images_that_were_trained_on():
    matrix = hand()
    reference = metrics.log_marginal(matrix.scores.mean(axis=2))
    found, _ = asked(IMAGES, trained_on=matrix)
    for one in found:
        marginal = -one.bits_per_dim * 16 * np.log(2.0)
        far = np.abs(reference - reference.mean()) >= abs(marginal - reference.mean())
        assert one.typicality == pytest.approx((1 + far.sum()) / (1 + len(reference)))
        assert one.references == len(reference)
    assert asked(IMAGES)[0][0].typicality is None


def test_a_classifier_without_a_density_tells_its_posterior_alone():
    (found, *_), _ = asked(IMAGES, model=Logits(jnp.array([0.0, 2.0, 1.0])))
    np.testing.assert_allclose(found.posterior, np.exp([0.0, 2.0, 1.0]) / np.exp([0.0, 2.0, 1.0]).sum(), rtol=1e-5)
    assert (found.winner, found.rival) == (1, 2)
    assert classification.as_facts(found, NAMES).keys() == {"class", "rival", "posterior"}


def test_plain_values_name_the_classes_and_leave_out_what_is_not_known():
    (found, *_), _ = asked(IMAGES)
    facts = classification.as_facts(found, NAMES)
    assert facts["class"] == NAMES[found.winner]
    assert facts["posterior"].keys() == facts["log_prob_nats"].keys() == set(NAMES)
    assert "typicality_p_value" not in facts
    assert classification.as_facts(replace(found, typicality=0.25), NAMES)["typicality_p_value"] == 0.25
