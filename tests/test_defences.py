"""Defences of two Gaussians with equal covariances, whose answers behind a defence are known in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

from sbgc.artifacts import Split
from sbgc.keys import key_for
from sbgc.maths.bayes_rule import as_classifier
from sbgc.maths.defences import Averaged, Maximized
from sbgc.models.gaussian import Gaussian
from sbgc.procedures.attacks.victim import Batch, Settings, Victim
from sbgc.procedures.scoring import bayes

SHAPE, LEVELS, SCALE, KEY = (4, 4, 1), 17, 2.0, jax.random.key(0)
MEANS = np.random.default_rng(0).uniform(6.0, 11.0, (2, 16))
MODEL = Gaussian(
    2,
    jnp.asarray(MEANS, jnp.float32),
    jnp.asarray(np.stack([np.eye(16) / SCALE] * 2), jnp.float32),
    jnp.zeros(2),
)
STD, DRAWS = 1.6, 1000
DIRECTION = (MEANS[0] - MEANS[1]) / SCALE**2
OFFSET = (MEANS[1] @ MEANS[1] - MEANS[0] @ MEANS[0]) / (2 * SCALE**2)
MIDDLE = MEANS.mean(axis=0) + np.random.default_rng(1).normal(0.0, 1.0, (5, 16))


def averaged(draws=DRAWS):
    return Averaged(as_classifier(MODEL), STD, draws)


def as_images(x):
    return jnp.asarray(x.reshape(-1, *SHAPE), jnp.float32)


def mean_posterior(x):
    """Of class 0: the integral of a sigmoid under a normal distribution, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    spread = STD * np.linalg.norm(DIRECTION)
    return expit((x @ DIRECTION + OFFSET)[:, None] + spread * nodes) @ weights / weights.sum()


def test_the_posterior_is_the_mean_over_normal_perturbations_of_the_image():
    logits = jax.jit(jax.vmap(averaged().logits, (0, None)))
    found = np.array([np.exp(logits(as_images(MIDDLE), key)) for key in jax.random.split(KEY, 20)], float)
    np.testing.assert_allclose(found.sum(axis=2), 1.0, rtol=1e-5)
    np.testing.assert_allclose(found.mean(axis=0)[:, 0], mean_posterior(MIDDLE), atol=4 * 0.5 / np.sqrt(20 * DRAWS))
    assert np.abs(mean_posterior(MIDDLE) - expit(MIDDLE @ DIRECTION + OFFSET)).max() > 0.05  # or nothing was tested


def test_scores_depend_on_no_batch_and_no_order_and_tell_how_often_the_model_was_asked():
    images = np.random.default_rng(2).uniform(0, 17, (5, 2, *SHAPE)).astype(np.float32)
    split = Split(images, np.zeros(5, int), np.arange(5) * 7)
    turned = Split(images[::-1], split.labels, split.index[::-1])
    (one, nfe, gives), (other, _, _) = (
        bayes.matrix(averaged(3), of, 0, size) for of, size in ((split, 5), (turned, 2))
    )
    assert (gives, set(nfe.ravel())) == ("logits", {3})
    np.testing.assert_allclose(other[::-1], one, rtol=1e-5)
    same = Split(np.repeat(images[:1], 2, axis=0), split.labels[:2], np.array([0, 1]))
    assert np.ptp(bayes.matrix(averaged(3), same, 0, 2)[0], axis=0).min() > 1e-3  # perturbations are an image's own


def seen(model, x, step=0):
    """What an attack on the cross-entropy of class 0 is told at an image in grey levels, without further noise."""
    labels, images = jnp.zeros(1, int), as_images(x) / (LEVELS - 1)
    batch = Batch(labels, jnp.full(1, -1), labels, jnp.zeros((1, 1, *SHAPE)))
    settings = Settings("cross_entropy", False, LEVELS, 0, fresh_probes=True, fresh_noise=False, with_gradient=True)
    return Victim(model, settings).see(batch, images, jnp.array([[0, 1]]), step)


def test_an_attack_follows_the_gradient_of_the_average_with_new_perturbations_at_each_step():
    along, step = DIRECTION / np.linalg.norm(DIRECTION), 1e-3
    ends = (-np.log(mean_posterior((MIDDLE[0] + side * step * along)[None]))[0] for side in (1, -1))
    wanted = (next(ends) - next(ends)) / (2 * step) * (LEVELS - 1)
    found = np.asarray(seen(averaged(), MIDDLE[0]).gradient, float).ravel() @ along
    assert found == pytest.approx(wanted, rel=0.1)
    one, other = (np.asarray(seen(averaged(2), MIDDLE[0], step).gradient) for step in (0, 1))
    assert np.abs(one - other).max() > 1e-3


def test_an_image_climbs_to_the_mean_of_its_class_as_far_as_the_ball_reaches():
    """Near a mean that is far from the other one, log p(x) falls with the distance from it, in each number."""
    far = Gaussian(2, MODEL.mean.at[1].add(40.0), MODEL.whiten, MODEL.log_scale)
    away = np.random.default_rng(3).uniform(1.0, 2.0, 16) * np.where(np.arange(16) % 2, 1, -1)
    climbed = Maximized(far, LEVELS, 0.5, 4, 0.2).climbed(as_images(MEANS[0] + away)[0], KEY)
    wanted = MEANS[0] + away - 0.5 * np.sign(away)
    np.testing.assert_allclose(np.ravel(climbed), wanted, rtol=1e-5)
    near = Maximized(far, LEVELS, 5.0, 40, 0.1).climbed(as_images(MEANS[0] + away)[0], KEY)
    assert np.abs(np.ravel(near) - MEANS[0]).max() < 0.11
    dark = as_images(np.full(16, 0.1))[0]
    below = Gaussian(2, far.mean.at[0].set(-3.0), far.whiten, far.log_scale)
    np.testing.assert_array_equal(Maximized(below, LEVELS, 0.5, 4, 0.2).climbed(dark, KEY), 0.0)


def test_an_attack_on_a_climbing_image_has_the_slope_where_it_arrives():
    """And the density's scores there, so that what the climb takes away from the attack is not hidden from it."""
    guard = Maximized(MODEL, LEVELS, 0.8, 5, 0.3)
    arrived = np.ravel(guard.climbed(as_images(MIDDLE[0])[0], key_for(0, "attack-probe")))
    assert np.abs(arrived - MIDDLE[0]).max() == pytest.approx(0.8, rel=1e-4)
    told, there = seen(guard, MIDDLE[0]), seen(as_classifier(MODEL), arrived)
    np.testing.assert_allclose(told.margin, there.margin, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(told.gradient, there.gradient, rtol=1e-3, atol=1e-5)
    assert abs(float(seen(as_classifier(MODEL), MIDDLE[0]).margin[0] - told.margin[0])) > 0.1
