"""Attacks that evade a test of log p(x), where the nearest accepted image of the wrong class is known."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from attack_loop import goals
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_attack_engine import DIM, LEVELS, SETTINGS, SHAPE, attacked, lda

from sbgc.artifacts import Split
from sbgc.maths import roc, typicality
from sbgc.maths.acceptance import TESTS, Band, band
from sbgc.maths.attacks import machines
from sbgc.maths.attacks.detection import REFUSED, excess
from sbgc.maths.attacks.protocol import Seen
from sbgc.models import ib_inn
from sbgc.nets import ib_inn as nets
from sbgc.procedures.attacks.found import Plan
from sbgc.procedures.attacks.victim import Batch, Victim
from sbgc.procedures.scoring.bayes import class_log_probs

SCALE, INSIDE = 0.5, 8.0  # of each class; nats below the largest log p(x) that pass
ATTACKS = {
    "fmn": machines.FastMinimumNorm("l2", 150, 0.5, 0.0),
    "carlini wagner": machines.CarliniWagner(150, 8, 0.01, 0.01, 0.0),
    "boundary": machines.Boundary(1500, 0.1, 0.0),
}


def plan(attack, bounds=()):
    return Plan(attack, bounds, restarts=1, targets=0, rivals=1, enough=math.inf)


def problem():
    """Images near the mean of class 0, their draws of noise, and what lies within INSIDE nats of the largest log p."""
    model, random = lda(SCALE), np.random.default_rng(2)
    mean = np.asarray(model.mean, float)
    # Where the other class begins is so far from its mean that the test decides, and not the classifier.
    images = np.clip(np.round(mean[0] + random.normal(0.0, 0.5, (4, DIM)) - 0.5), 0, LEVELS - 1)
    split = Split(images.reshape(4, *SHAPE).astype(np.uint8), np.zeros(4, np.int64), np.arange(4), {}, {})
    noise = random.random((4, 3, *SHAPE)).astype(np.float32)
    return model, split, noise


def log_prob(model, images, noise):
    """log p(x) of images in grey levels: of the mean over draws of log p(x|y), as a matrix has it."""
    x = jnp.asarray(images.reshape(len(images), 1, *SHAPE) + noise, jnp.float32)
    every = jax.vmap(jax.vmap(lambda x: class_log_probs(model, x, jax.random.key(0)).value))(x)
    scores = np.asarray(every, float).mean(axis=1)
    return np.logaddexp(*scores.T) - math.log(2.0), scores


def largest(model, noise):
    """The largest log p(x) of each image's noise: where the mean over draws lies at the mean of a class."""
    spread = noise.reshape(4, 3, DIM).var(axis=1).sum(axis=1)
    at_mean = model.log_prob(model.mean[1].reshape(SHAPE), jnp.asarray(1), jax.random.key(0)).value
    return float(at_mean) - math.log(2.0) - 0.5 * spread / SCALE**2


def accepted_band(model, noise):
    """A test that accepts what is within INSIDE nats of the center of a class, on average over images' noise."""
    return Band(float(largest(model, noise).mean()) - INSIDE, math.inf)


def nearest(model, split, noise, low):
    """The distance to the ball around the other mean in which log p(x) is at least `low`, in l2 on [0, 1]."""
    x = split.images.reshape(4, DIM) + noise.reshape(4, 3, DIM).mean(axis=1)
    radius = SCALE * np.sqrt(2.0 * (largest(model, noise) - low))
    return (np.linalg.norm(x - np.asarray(model.mean, float)[1], axis=1) - radius) / (LEVELS - 1)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_nearest_image_that_misleads_undetected_is_found_within_five_percent(name):
    model, split, noise = problem()
    accepts = accepted_band(model, noise)
    evading = dataclasses.replace(SETTINGS, evaded=accepts, apart=name == "carlini wagner")
    center = np.clip(np.round(np.asarray(model.mean)[1] - 0.5), 0, LEVELS - 1).reshape(1, *SHAPE).astype(np.uint8)
    pool = Split(center, np.ones(1, np.int64), np.array([9]), {}, {})  # an ordinary image of the other class
    got = attacked(model, split, noise, plan(ATTACKS[name]), settings=evading, pool=pool)
    found, scores = log_prob(model, got.images, noise)
    assert (scores[:, 1] > scores[:, 0]).all()
    assert (found >= accepts.low - 0.01).all()
    assert got.columns["success"].all()
    np.testing.assert_allclose(got.columns["norm_l2"], nearest(model, split, noise, accepts.low), rtol=0.05)


def test_an_attack_that_knows_of_no_test_is_detected_and_comes_less_far():
    model, split, noise = problem()
    accepts = accepted_band(model, noise)
    got = attacked(model, split, noise, plan(ATTACKS["fmn"]))
    found, scores = log_prob(model, got.images, noise)
    assert (scores[:, 1] > scores[:, 0] - 0.01).all()
    assert (found < accepts.low).all()
    assert (got.columns["norm_l2"] < nearest(model, split, noise, accepts.low)).all()


def test_within_a_bound_an_image_counts_as_misled_just_where_an_accepted_one_lies_inside():
    model, split, noise = problem()
    accepts = accepted_band(model, noise)
    evading = dataclasses.replace(SETTINGS, evaded=accepts)
    least = nearest(model, split, noise, accepts.low)
    for factor, expected in ((1.1, True), (0.95, False)):
        got = attacked(model, split, noise, plan(machines.APGD("l2", 60), (factor * least.min(),)), settings=evading)
        assert got.columns["success"][least.argmin()] == expected


def test_a_weight_of_zero_leaves_the_plain_attack_and_larger_ones_leave_less_excess():
    model, split, noise = problem()
    accepts = accepted_band(model, noise)
    evading = dataclasses.replace(SETTINGS, evaded=accepts, apart=True)
    plain = machines.CarliniWagner(60, 3, 0.02, 1.0, 0.0)
    images, excesses = {}, []
    for weight in (0.0, 0.01, 10.0):
        attack = dataclasses.replace(plain, detector_weight=weight)
        images[weight] = attacked(model, split, noise, plan(attack), settings=evading).images
        excesses.append(np.maximum(accepts.low - log_prob(model, images[weight], noise)[0], 0.0).mean())
    without = attacked(model, split, noise, plan(plain)).images
    np.testing.assert_allclose(images[0.0], without, atol=1e-4)
    assert excesses[0] > excesses[1] > excesses[2]


def test_an_infinite_confidence_goes_as_far_as_its_weight_pays_for():
    """On a margin w . a the least of |d|^2 - c w . d is at d = c w / 2."""
    slope = jnp.asarray(np.random.default_rng(0).normal(size=(3, 4, 1)), jnp.float32)
    image, attack = jnp.full((1, 3, 4, 1), 0.5), machines.CarliniWagner(400, 1, 0.01, 0.1, math.inf)
    goal = goals(image)
    goal = goal._replace(image=image[0], key=goal.key[0], epsilon=goal.epsilon[0], start=image[0])
    state = attack.begin(goal)
    for _ in range(attack.queries):
        value = jnp.sum(slope * attack.asks(goal, state))
        state = attack.told(goal, state, Seen(value, value, slope, jnp.zeros(()), jnp.zeros_like(slope)))
    np.testing.assert_allclose(attack.result(goal, state) - 0.5, 0.05 * slope, atol=2e-3)


@settings(max_examples=60, deadline=None)
@example(seed=1, rate=0.75, count=2, test="typicality")  # two references are equally far from their mean
@given(seed=st.integers(0, 2**20), rate=st.floats(0.0, 0.9), count=st.integers(1, 40), test=st.sampled_from(TESTS))
def test_what_passes_is_what_has_a_p_value_above_the_rate(seed, rate, count, test):
    random = np.random.default_rng(seed)
    reference, images = random.normal(size=count), np.concatenate([random.normal(size=30), [-9.0, 9.0]])
    images = np.concatenate([images, reference])
    p_values = roc.p_values(-images, -reference) if test == "likelihood" else typicality.p_values(images, reference)
    accepts = band(test, reference, rate)
    sure = np.abs(p_values - rate) > 1e-9
    np.testing.assert_array_equal(accepts.accepts(images)[sure], (p_values > rate)[sure])


@pytest.mark.parametrize("accepts", [Band(-2.0, math.inf), Band(-2.0, 3.0)])
def test_the_excess_is_the_distance_from_what_passes(accepts):
    assert (excess(accepts, jnp.asarray([-jnp.inf, jnp.nan, jnp.inf])) == REFUSED).all()
    found = excess(accepts, jnp.asarray([-5.0, -2.0, 1.0, 7.0]))
    np.testing.assert_allclose(np.maximum(found, 0.0), [3.0, 0.0, 0.0, 4.0 if accepts.high == 3.0 else 0.0])
    np.testing.assert_array_equal(found <= 0.0, accepts.accepts(np.array([-5.0, -2.0, 1.0, 7.0])))


def test_an_attack_without_gradients_goes_around_images_whose_density_overflows():
    """Between the two classes log p is not a number, and the nearest accepted image is found all the same."""
    model, split, noise = problem()
    accepts = accepted_band(model, noise)

    @jax.tree_util.register_static
    class Overflowing:
        num_classes = 2

        def class_log_probs(self, x, key, draw=0):
            found = class_log_probs(model, x, key)
            known = found.value.max() > accepts.low - 15.0
            return found._replace(value=jnp.where(known, found.value, jnp.nan))

        def log_prob(self, x, y, key, draw=0):
            return jax.tree.map(lambda of_class: of_class[y], self.class_log_probs(x, key, draw))

    center = np.clip(np.round(np.asarray(model.mean)[1] - 0.5), 0, LEVELS - 1).reshape(1, *SHAPE).astype(np.uint8)
    pool = Split(center, np.ones(1, np.int64), np.array([9]), {}, {})
    settings = dataclasses.replace(SETTINGS, evaded=accepts, with_gradient=False)
    got = attacked(Overflowing(), split, noise, plan(ATTACKS["boundary"]), settings=settings, pool=pool)
    assert got.columns["success"].all()
    np.testing.assert_allclose(got.columns["norm_l2"], nearest(model, split, noise, accepts.low), rtol=0.05)


def test_the_margin_of_an_image_that_is_not_accepted_is_below_zero():
    model, split, noise = problem()
    victim = Victim(model, dataclasses.replace(SETTINGS, evaded=Band(-1.5, math.inf)))
    scores = jnp.asarray([[-9.0, -0.5], [-90.0, -9.5], [-0.1, -9.0], [-0.1, 2.0]])
    batch = attacked_batch(split)
    np.testing.assert_allclose(victim.margins(batch, scores), [8.5, -(9.5 + math.log(2.0) - 1.5), -8.9, 2.1], rtol=1e-5)


def test_of_a_density_that_classifies_by_less_than_log_p_the_test_is_of_log_p():
    """The logits of an IB-INN lack what its classes share."""
    spec = tiny.spec_of(tiny.IB_INN)
    net = nets.of(spec.dataset.model_dump(), **spec.settings.model_dump(include={"net", "means"}))
    model = ib_inn.InvertibleClassifier(net, nets.start(net, jax.random.key(1)))
    settings = dataclasses.replace(SETTINGS, levels=tiny.LEVELS, evaded=Band(-30.0, math.inf), apart=True)
    images, noise = jnp.full((2, *tiny.SHAPE), 0.4), jnp.full((2, 1, *tiny.SHAPE), 0.5)
    labels = jnp.asarray([0, 1], jnp.int32)
    victim, every = Victim(model, settings), jnp.asarray([[0, 1, 2], [1, 0, 2]])
    seen = victim.see(Batch(labels, -jnp.ones_like(labels), labels, noise), images, every, 0)
    x = (tiny.LEVELS - 1) * images[0] + 0.5
    log_prob = jax.nn.logsumexp(model.class_log_probs(x, jax.random.key(0)).value) - math.log(3.0)
    np.testing.assert_allclose(seen.excess, -30.0 - log_prob, rtol=1e-5)


def attacked_batch(split):
    labels = jnp.asarray(split.labels, jnp.int32)
    return Batch(labels, -jnp.ones_like(labels), labels, jnp.zeros((4, 1, *SHAPE)))
