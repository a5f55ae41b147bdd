"""Maps of three kinds of models, held against their own log p(x|y)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from scipy import stats

from sbgc import explaining
from sbgc.artifacts import ArtifactError, Split
from sbgc.config.models import has_maps
from sbgc.data.dequantize import dequantize
from sbgc.fitting import gaussian as fitting
from sbgc.fitting import ib_inn as training
from sbgc.kinds import KINDS
from sbgc.maths import heatmaps
from sbgc.models import gaussian, ib_inn, score
from sbgc.procedures.scoring import bayes

RANDOM = np.random.default_rng(0)
SHAPE = (8, 4, 3)
LAYOUTS = {
    "free centers": {},
    "two stages": {"net": {"blocks": [1, 1], "features": [4, 4]}},
    "low rank": {"means": {"low_rank": {"first": 12, "rank": 2}}},
    "fixed centers": {"means": {"learned": False}},
}


def split(count=3, draws=2, shape=SHAPE):
    images = RANDOM.integers(0, tiny.LEVELS, (count, *shape)).astype(np.uint8)
    return dequantize(Split(images, np.arange(count) % tiny.CLASSES, 7 + np.arange(count)), 0, draws)


def invertible(**changed):
    spec = tiny.spec_of(tiny.IB_INN, shape=SHAPE, **changed)
    some = split(6, 1).images[:, 0]
    first = jax.jit(training.trainer(spec).init)(jax.random.key(0), some, np.arange(6) % tiny.CLASSES)
    moved = jax.tree.map(lambda a: a + 0.3 * RANDOM.normal(size=a.shape).astype(np.float32), first["params"])
    return ib_inn.load(spec, serialization.msgpack_serialize(first | {"params": moved}))


def normal(shape=SHAPE):
    spec = tiny.spec_of(tiny.GAUSSIAN, shape=shape)
    images = RANDOM.integers(0, tiny.LEVELS, (40, *shape)).astype(np.uint8)
    found = fitting.fit(spec, Split(images, np.arange(40) % tiny.CLASSES, np.arange(40)))
    return gaussian.load(spec, serialization.msgpack_serialize(found)), found


def scores(model, some, seed=0):
    return bayes.log_prob_matrix(model, some, seed, batch_size=2)[0].mean(axis=2)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_maps_of_an_ib_inn_sum_to_its_likelihood_its_posterior_and_its_marginal(layout):
    """Equations 9 and 10, to 1e-4 of log p, for every contrast."""
    model, some = invertible(**layout), split()
    found, log_probs = explaining.page("ib_inn").parts(model, some, 0), scores(model, some)
    stages = len(model.net.network.blocks)
    assert found.of_classes.shape == (3, tiny.CLASSES, 8 >> stages, 4 >> stages)
    assert found.shared.shape == (3, 8, 4)
    whole = found.of_classes.sum(axis=(2, 3)) + found.shared.sum(axis=(1, 2))[:, None]
    np.testing.assert_allclose(whole, log_probs, rtol=1e-5)
    for image in range(3):
        odds = log_probs[image] - log_probs[image].max()
        log_posterior = odds - np.log(np.exp(odds).sum())
        log_marginal = np.log(np.exp(odds).mean()) + log_probs[image].max()
        for contrast in (0.0, 0.5, 1.0):
            maps = heatmaps.posterior(found.of_classes[image], contrast)
            np.testing.assert_allclose(maps.sum(axis=(1, 2)), log_posterior, rtol=1e-4, atol=1e-4)
            salience = heatmaps.salience(found.of_classes[image], found.shared[image], contrast)
            assert salience.sum() == pytest.approx(log_marginal, rel=1e-4)


def test_a_place_of_an_ib_inn_holds_the_squared_distance_before_the_cosine_transform():
    """Equation 8, of one draw: between two classes, -|w^(a)_kl|^2 / 2 + |w^(b)_kl|^2 / 2."""
    model, some = invertible(), split(1, 1)
    found = explaining.page("ib_inn").parts(model, some, 0).of_classes[0]
    z, means = np.asarray(model.latent(jnp.asarray(some.images[0, 0])), float), np.asarray(model.class_means, float)
    frequency, place = np.ogrid[:4, :4]
    rows = np.sqrt(0.5) * np.cos(np.pi * (place + 0.5) * frequency / 4.0)  # an orthonormal transform of type II
    rows[0] = 0.5
    frequency, place = np.ogrid[:2, :2]
    columns = np.cos(np.pi * (place + 0.5) * frequency / 2.0)
    columns[0] = np.sqrt(0.5)
    each = [(z - mean).reshape(4, 2, -1) for mean in means]
    w = np.stack([np.einsum("hwc,hk,wl->klc", one, rows, columns) for one in each])
    squares = -0.5 * np.square(w).sum(axis=-1)
    np.testing.assert_allclose(found[1] - found[0], squares[1] - squares[0], atol=1e-4)


def test_an_ib_inn_whose_last_coupling_mixes_all_places_is_refused():
    model = invertible(net={"dense": 3})
    with pytest.raises(ArtifactError, match="^an IB-INN with `dense` > 0 has no maps: that coupling mixes all places$"):
        explaining.page("ib_inn").parts(model, split(1), 0)


def test_the_maps_of_a_gaussian_sum_to_its_likelihood():
    (model, _), some = normal(), split()
    found = explaining.page("gaussian").parts(model, some, 0)
    whole = found.of_classes.sum(axis=(2, 3)) + found.shared.sum(axis=(1, 2))[:, None]
    np.testing.assert_allclose(whole, scores(model, some), rtol=1e-4)


def test_a_pixel_of_a_gaussian_of_independent_pixels_has_its_own_log_density():
    shape, some = (3, 2, 1), split(2, 1, (3, 2, 1))
    mean, std = RANDOM.uniform(0, 9, (tiny.CLASSES, 6)), RANDOM.uniform(1, 5, (tiny.CLASSES, 6))
    chol = np.stack([np.diag(one) for one in std])
    spec = tiny.spec_of(tiny.GAUSSIAN, shape=shape)
    model = gaussian.load(spec, serialization.msgpack_serialize({"mean": mean, "chol": chol}))
    found = explaining.page("gaussian").parts(model, some, 0)
    wanted = stats.norm.logpdf(some.images[:, 0].reshape(2, 1, 6), mean, std).reshape(2, tiny.CLASSES, 3, 2)
    np.testing.assert_allclose(found.of_classes + found.shared[:, None], wanted, atol=1e-4)


def test_the_maps_of_a_score_model_sum_to_the_gaps_of_its_likelihood():
    """With weights so large that classes differ."""
    spec, some = tiny.spec_of(tiny.SCORE), dequantize(tiny.split(2), 0, 2)
    variables = serialization.msgpack_serialize(tiny.random_variables(spec, -0.5, 0.5))
    model = score.load(spec, variables, tiny.FAST)
    found, log_probs = explaining.page("score").parts(model, some, 3), scores(model, some, 3)
    gaps = log_probs - log_probs[:, :1]
    assert found.of_classes.shape == (2, tiny.CLASSES, *tiny.SHAPE[:2])
    assert found.shared is None
    assert np.abs(gaps[:, 1:]).min() > 0.05
    np.testing.assert_allclose(found.of_classes.sum(axis=(2, 3)), gaps, rtol=1e-4, atol=1e-4)


def test_a_score_model_without_a_grid_is_refused_in_one_line():
    with pytest.raises(ArtifactError, match="^maps need a score model whose likelihood is `fast`$"):
        explaining.page("score").parts(tiny.score_model(tiny.REFERENCE), split(1), 0)


def test_every_kind_that_explains_has_a_page_and_no_other():
    assert [kind for kind in KINDS if _has_page(kind)] == [kind for kind, row in KINDS.items() if row.explains]


def test_the_settings_know_which_models_have_maps():
    assert has_maps(tiny.spec_of(tiny.IB_INN).settings)
    assert not has_maps(tiny.spec_of(tiny.IB_INN, net={"dense": 3}).settings)
    assert has_maps(tiny.spec_of(tiny.GAUSSIAN).settings)
    assert not has_maps(tiny.spec_of(tiny.WIDE_RESNET).settings)
    assert not has_maps(tiny.spec_of(tiny.SCORE).settings)  # without a likelihood
    assert has_maps(tiny.spec_of(tiny.SCORE, likelihood=tiny.FAST.model_dump()).settings)
    assert not has_maps(tiny.spec_of(tiny.SCORE, likelihood=tiny.REFERENCE.model_dump()).settings)


def _has_page(kind):
    try:
        return callable(explaining.page(kind).parts)
    except ModuleNotFoundError:
        return False
