import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from scipy import stats

from sbgc.artifacts import ArtifactError
from sbgc.fitting import ib_inn as fitting
from sbgc.maths import information_bottleneck
from sbgc.models import ib_inn
from sbgc.nets.class_means import ClassMeans
from sbgc.nets.fixed import FIXED
from sbgc.types import AllClasses, Classifier, ConditionalDensity, Latents

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
SPECS = {
    "learned": tiny.spec_of(tiny.IB_INN),
    "fixed": tiny.spec_of(tiny.IB_INN, means={"learned": False}, net={"dense": 3}),
    "low rank": tiny.spec_of(tiny.IB_INN, means={"low_rank": {"first": 4, "rank": 2}}),
}


def images(count=6):
    return jnp.asarray(RANDOM.uniform(0, tiny.LEVELS, (count, *tiny.SHAPE)), jnp.float32)


def begun(spec):
    """Variables that are moved away from those at initialization, whose couplings do nothing."""
    first = jax.jit(fitting.trainer(spec).init)(KEY, images(), jnp.arange(6) % tiny.CLASSES)
    moved = jax.tree.map(lambda a: a + 0.3 * RANDOM.normal(size=a.shape).astype(np.float32), first["params"])
    return first | {"params": moved}


def density(spec, variables):
    return ib_inn.load(spec, serialization.msgpack_serialize(variables))


@pytest.fixture(name="models", scope="module")
def _models():
    return {name: density(spec, begun(spec)) for name, spec in SPECS.items()}


@pytest.mark.parametrize("name", SPECS)
def test_the_density_is_that_of_a_gaussian_at_the_latent_times_the_determinant(models, name):
    """Of all classes, by the Jacobian of the latent itself; z / L - 1/2 has L^-D of it."""
    model, x = models[name], images(1)[0]
    latent = jax.jit(model.latent)
    jacobian = jax.jit(jax.jacfwd(lambda flat: model.latent(flat.reshape(tiny.SHAPE))))(x.ravel())
    _, log_det = np.linalg.slogdet(np.asarray(jacobian, float))
    z, means = np.asarray(latent(x)), np.asarray(model.class_means)
    wanted = stats.norm.logpdf(z - means).sum(axis=1) + log_det
    found = jax.jit(model.class_log_probs)(x, KEY)
    np.testing.assert_allclose(found.value, wanted, rtol=1e-4, atol=1e-3)
    assert found.nfe.tolist() == [1, 0, 0]
    logits = jax.jit(model.logits)(x, KEY)
    np.testing.assert_allclose(np.diff(logits), np.diff(wanted), rtol=1e-3, atol=1e-3)
    for protocol in (AllClasses, Classifier, ConditionalDensity, Latents):
        assert isinstance(model, protocol)


@pytest.mark.parametrize("name", SPECS)
def test_images_come_back_from_their_latents(models, name):
    model, x = models[name], images(3)
    z = jax.jit(jax.vmap(model.latent))(x)
    network = model.net.network
    inner = {kind: tree["network"] for kind, tree in model.variables.items()}
    back, _ = jax.jit(lambda z: network.apply(inner, z, inverse=True))(z)
    np.testing.assert_allclose(tiny.LEVELS * (back + 0.5), x, atol=2e-3)


def test_a_sample_is_the_image_of_a_latent_around_its_class(models):
    model = models["learned"]
    found = jax.jit(lambda y: model.sample(y, KEY, 9))(jnp.asarray(2))
    z = model.class_means[2] + jax.random.normal(KEY, (1, 16))[0]
    inner = {kind: tree["network"] for kind, tree in model.variables.items()}
    image, _ = model.net.network.apply(inner, z[None], inverse=True)
    np.testing.assert_allclose(found, np.clip(tiny.LEVELS * (image[0] + 0.5), 0, tiny.LEVELS), atol=1e-3)


@pytest.mark.parametrize(("beta", "generative", "classes"), [(0.0, 2.0, 0.0), (3.0, 0.5, 1.5), (math.inf, 0.0, 2.0)])
def test_the_loss_weighs_the_marginal_likelihood_and_the_posterior(models, beta, generative, classes):
    """Equations 5 to 7 with their signs set right, from the density's own values."""
    model, x, labels = models["learned"], images(), jnp.arange(6) % tiny.CLASSES
    log_probs = np.asarray(jax.jit(jax.vmap(lambda x: model.class_log_probs(x, KEY).value))(x), float)
    log_marginal = np.log(np.exp(log_probs - log_probs.max()).mean(axis=1)) + log_probs.max()
    posterior = np.exp(log_probs - log_probs.max(axis=1, keepdims=True))
    posterior /= posterior.sum(axis=1, keepdims=True)
    targets = 0.9 * np.eye(3)[np.asarray(labels)] + 0.1 / 3
    entropy = -(targets * np.log(posterior)).sum(axis=1).mean()
    shared, logits = model.net.apply(model.variables, x)
    found = information_bottleneck.loss(shared, logits, labels, 16, beta, 0.1)
    wanted = -generative * log_marginal.mean() / 16 + classes * entropy
    assert float(found) == pytest.approx(wanted, rel=1e-4)


def test_training_adds_noise_and_keeps_what_is_fixed():
    spec = tiny.spec_of(tiny.IB_INN, bottleneck={"noise": 0.01}, means={"learned": False})
    trainer, variables = fitting.trainer(spec), begun(spec)
    x, labels = images(), jnp.arange(6) % tiny.CLASSES
    (found, kept), net = jax.jit(trainer.loss)(variables, x, labels, KEY), density(spec, variables).net
    noisy = x + 0.01 * tiny.LEVELS * jax.random.normal(KEY, x.shape)
    shared, logits = net.apply(variables, noisy)
    wanted = information_bottleneck.loss(shared, logits, labels, 16, 1.0, spec.settings.bottleneck.smoothing)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)
    assert set(kept) == {FIXED}
    jax.tree.map(np.testing.assert_array_equal, kept[FIXED], variables[FIXED])
    assert "means" in variables[FIXED]["means"]
    assert "means" not in variables["params"]


@pytest.mark.parametrize("low_rank", [{}, {"first": 128, "rank": 8}], ids=["free", "low rank"])
def test_means_begin_at_their_distance(low_rank):
    means = ClassMeans(20, 256, learned=False, distance=5.0, **low_rank)
    centers = np.asarray(means.apply(means.init(KEY)), float)
    assert centers.shape == (20, 256)
    for some in (slice(128), slice(128, None)):  # free ones, and those of low rank
        squares = ((centers[:, None, some] - centers[None, :, some]) ** 2).sum(axis=2)
        np.testing.assert_allclose(squares.sum() / (20 * 19), 12.5, rtol=0.2)
    assert np.linalg.matrix_rank(centers[:, 128:], tol=1e-3) == low_rank.get("rank", 20)


def test_parameters_of_another_network_are_refused_in_one_line():
    content = serialization.msgpack_serialize(begun(SPECS["learned"]))
    with pytest.raises(ArtifactError, match="^not parameters of ib_inn: it "):
        ib_inn.load(SPECS["fixed"], content)


def test_the_rate_rises_from_zero_so_that_the_first_steps_cannot_throw_the_classes_together():
    optimizer = tiny.IB_INN["optimizer"] | {
        "learning_rate": 0.5,
        "momentum": 0.0,
        "weight_decay": 0.0,
        "warmup_steps": 4,
    }
    rule = fitting.trainer(tiny.spec_of(tiny.IB_INN, optimizer=optimizer)).optimizer
    params = {"w": jnp.ones(3)}
    state, rates = rule.init(params), []
    for step in range(5):
        updates, state = rule.update({"w": jnp.ones(3)}, state, params, at=float(step))
        rates.append(-float(updates["w"][0]))
    assert rates == pytest.approx([0.0, 0.125, 0.25, 0.375, 0.5])
