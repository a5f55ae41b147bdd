import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from flax import serialization
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sbgc.artifacts import ArtifactError, Split
from sbgc.fitting import gaussian as fitting
from sbgc.models import gaussian

KEY = jax.random.key(0)


def random_images(shape, classes, per_class, levels=17, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    images = rng.integers(0, levels, (len(labels), *shape)) * rng.random((classes, *shape))[labels]
    return images.astype(np.uint8), labels


def fitted(images, labels, classes, shrinkage):
    """The parameters of a fit, and the model that they make."""
    spec = tiny.spec_of(tiny.GAUSSIAN, images.shape[1:], classes, shrinkage=shrinkage)
    params = fitting.fit(spec, Split(images, labels, np.arange(len(labels))))
    return params, gaussian.load(spec, serialization.msgpack_serialize(params))


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (4, 4, 3)], ids=str)
def test_log_prob_is_the_multivariate_normal_density(shape):
    params, model = fitted(*random_images(shape, 3, 20), 3, 0.1)
    x = np.random.default_rng(1).uniform(0, 17, shape)
    got = jax.jit(model.logits)(jnp.asarray(x, jnp.float32), KEY)
    chol = params["chol"]
    want = [multivariate_normal.logpdf(x.ravel(), params["mean"][y], chol[y] @ chol[y].T) for y in range(3)]
    np.testing.assert_allclose(got, want, rtol=2e-5)


def test_logits_are_the_log_probs_of_all_classes_at_one_evaluation_each():
    images, labels = random_images((2, 2, 1), 3, 10)
    _, model = fitted(images, labels, 3, 0.3)
    x = jnp.asarray(images[0], jnp.float32) + 0.25
    results = [model.log_prob(x, jnp.asarray(y), KEY) for y in range(3)]
    np.testing.assert_allclose(model.logits(x, KEY), [result.value for result in results], rtol=1e-6)
    assert [int(result.nfe) for result in results] == [1, 1, 1]


@pytest.mark.parametrize("dim", [1, 2])
def test_the_density_integrates_to_one(dim):
    _, model = fitted(*random_images((dim, 1, 1), 2, 30), 2, 0.2)
    axis = np.linspace(-40.0, 60.0, 1001)
    grid = np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), axis=-1).reshape(-1, dim, 1, 1)
    log_prob = jax.vmap(lambda x: model.log_prob(x, jnp.asarray(1), KEY).value)(jnp.asarray(grid, jnp.float32))
    assert np.exp(np.asarray(log_prob, float)).sum() * (axis[1] - axis[0]) ** dim == pytest.approx(1.0, abs=1e-4)


def test_the_input_gradient_agrees_with_finite_differences():
    with jax.enable_x64(True):
        _, model = fitted(*random_images((3, 3, 1), 4, 12), 4, 0.1)
        rng = np.random.default_rng(2)
        x, direction = jnp.asarray(rng.uniform(0, 17, (3, 3, 1))), jnp.asarray(rng.normal(size=(3, 3, 1)))

        def log_posterior(x):
            return jax.nn.log_softmax(model.logits(x, KEY))[2]

        step = 1e-5
        numeric = (log_posterior(x + step * direction) - log_posterior(x - step * direction)) / (2 * step)
        exact = jnp.vdot(jax.grad(log_posterior)(x), direction)
        assert float(exact) == pytest.approx(float(numeric), rel=1e-7)


def test_it_recognizes_98_percent_of_the_digits_at_less_than_3_bits_per_dim():
    data = load_digits()
    images = data.images[..., None].astype(np.uint8)
    train, test, train_labels, test_labels = train_test_split(
        images, data.target, test_size=360, stratify=data.target, random_state=0
    )
    _, model = fitted(train, train_labels, 10, 0.1)
    x = test + np.random.default_rng(0).random(test.shape)
    scores = np.asarray(jax.vmap(lambda x: model.logits(x, KEY))(jnp.asarray(x, jnp.float32)))
    assert (scores.argmax(axis=1) == test_labels).mean() >= 0.98
    assert 2.5 < -scores[np.arange(360), test_labels].mean() / (64 * np.log(2)) < 3.0


@pytest.mark.parametrize(("classes", "shape"), [(2, (2, 2, 1)), (4, (2, 2, 1)), (3, (2, 3, 1))])
def test_parameters_of_another_number_of_classes_or_pixels_are_refused(classes, shape):
    params, _ = fitted(*random_images((2, 2, 1), 3, 10), 3, 0.1)
    with pytest.raises(ArtifactError, match=r"^not parameters of gaussian: \['\w+'\] has shape .*, expected"):
        gaussian.load(tiny.spec_of(tiny.GAUSSIAN, shape, classes), serialization.msgpack_serialize(params))
