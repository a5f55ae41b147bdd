import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization

from sbgc.artifacts import ArtifactError
from sbgc.fitting import pixelcnn as fitting
from sbgc.models import pixelcnn
from sbgc.types import AllClasses, Classifier, ConditionalDensity

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
SPEC = tiny.spec_of(tiny.PIXELCNN)
VARIABLES = tiny.random_variables(SPEC, -0.5, 0.5)
MODEL = pixelcnn.load(SPEC, serialization.msgpack_serialize(VARIABLES))
GREY = jnp.asarray(RANDOM.integers(tiny.LEVELS, size=(6, *tiny.SHAPE)), jnp.float32)


def test_the_density_of_a_cell_is_the_probability_of_its_grey_levels():
    """Any noise of dequantization gives the same value, of one pass for all classes; the density integrates to 1."""
    assert isinstance(MODEL, ConditionalDensity)
    assert isinstance(MODEL, AllClasses)
    assert isinstance(MODEL, Classifier)
    wanted = jax.jit(MODEL.net.apply)(VARIABLES, GREY)
    of_all, of_one = (jax.jit(function) for function in (MODEL.class_log_probs, MODEL.log_prob))
    for x, row in zip(GREY, wanted, strict=True):
        found = of_all(x + jnp.asarray(RANDOM.uniform(0, 0.999, tiny.SHAPE), jnp.float32), KEY)
        np.testing.assert_allclose(found.value, row, rtol=1e-5)
        assert int(found.nfe.sum()) == 1
        one = of_one(x, jnp.asarray(2), KEY)
        np.testing.assert_allclose(one.value, row[2], rtol=1e-5)
    ends = [of_all(jnp.full(tiny.SHAPE, value), KEY).value for value in (float(tiny.LEVELS), 16.0)]
    np.testing.assert_array_equal(*ends)  # an attack may reach the end of the range


def test_its_gradient_is_that_of_levels_that_are_not_rounded():
    """Against the network's own gradient at the grey levels."""
    of_model = jax.jit(jax.grad(lambda x: MODEL.class_log_probs(x, KEY).value[1]))(GREY[0] + 0.3)
    of_net = jax.jit(jax.grad(lambda grey: MODEL.net.apply(VARIABLES, grey[None])[0, 1]))(GREY[0])
    np.testing.assert_allclose(of_model, of_net, rtol=1e-4, atol=1e-5)
    assert float(abs(of_model).max()) > 0.0


@pytest.mark.parametrize("alpha", [0.0, 1000.0])
def test_the_loss_is_nats_per_dimension_and_alpha_times_cross_entropy(alpha):
    labels, trainer = jnp.arange(6) % tiny.CLASSES, fitting.trainer(tiny.spec_of(tiny.PIXELCNN, classification=alpha))
    found, mutable = jax.jit(trainer.loss)(VARIABLES, GREY + 0.7, labels, KEY)
    log_probs = jax.jit(MODEL.net.apply)(VARIABLES, GREY)
    own = -log_probs[jnp.arange(6), labels].mean() / 16
    entropy = -jax.nn.log_softmax(log_probs)[jnp.arange(6), labels].mean()
    np.testing.assert_allclose(found, own + alpha * entropy, rtol=1e-5)
    assert mutable == {}


def test_a_sample_is_an_image_in_the_middle_of_its_cell():
    x = MODEL.sample(jnp.asarray(1), KEY, 9)
    assert x.shape == tiny.SHAPE
    np.testing.assert_array_equal(x - jnp.floor(x), 0.5)


def test_parameters_of_another_network_are_refused_in_one_line():
    with pytest.raises(ArtifactError, match="^not parameters of pixelcnn: it lacks"):
        pixelcnn.load(tiny.spec_of(tiny.PIXELCNN, net={"blocks": 2}), serialization.msgpack_serialize(VARIABLES))
