import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.models import gaussian
from sbgc.steps import fit_gaussian

KEY = jax.random.key(0)


def model_of(params, num_classes):
    return gaussian.load({"dataset": {"num_classes": num_classes}}, serialization.msgpack_serialize(params))


def random_images(shape, classes, per_class, levels=17, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    images = rng.integers(0, levels, (len(labels), *shape)) * rng.random((classes, *shape))[labels]
    return images.astype(np.uint8), labels


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    images, labels = data.images[..., None].astype(np.uint8), data.target
    return train_test_split(images, labels, test_size=360, stratify=labels, random_state=0)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 1), (4, 4, 3)], ids=str)
def test_log_prob_is_the_multivariate_normal_density(shape):
    images, labels = random_images(shape, 3, 20)
    params = gaussian.fit(images, labels, 3, 0.1)
    x = np.random.default_rng(1).uniform(0, 17, shape)
    got = jax.jit(model_of(params, 3).logits)(jnp.asarray(x, jnp.float32), KEY)
    chol = params["chol"]
    want = [multivariate_normal.logpdf(x.ravel(), params["mean"][y], chol[y] @ chol[y].T) for y in range(3)]
    np.testing.assert_allclose(got, want, rtol=2e-5)


def test_logits_are_the_log_probs_of_all_classes_at_one_evaluation_each():
    images, labels = random_images((2, 2, 1), 3, 10)
    model = model_of(gaussian.fit(images, labels, 3, 0.3), 3)
    x = jnp.asarray(images[0], jnp.float32) + 0.25
    results = [model.log_prob(x, jnp.asarray(y), KEY) for y in range(3)]
    np.testing.assert_allclose(model.logits(x, KEY), [result.value for result in results], rtol=1e-6)
    assert [int(result.nfe) for result in results] == [1, 1, 1]


@pytest.mark.parametrize("dim", [1, 2])
def test_the_density_integrates_to_one(dim):
    images, labels = random_images((dim, 1, 1), 2, 30)
    model = model_of(gaussian.fit(images, labels, 2, 0.2), 2)
    axis = np.linspace(-40.0, 60.0, 1001)
    grid = np.stack(np.meshgrid(*[axis] * dim, indexing="ij"), axis=-1).reshape(-1, dim, 1, 1)
    log_prob = jax.vmap(lambda x: model.log_prob(x, jnp.asarray(1), KEY).value)(jnp.asarray(grid, jnp.float32))
    assert np.exp(np.asarray(log_prob, float)).sum() * (axis[1] - axis[0]) ** dim == pytest.approx(1.0, abs=1e-4)


def test_the_fit_is_that_of_infinitely_many_dequantized_copies():
    images, labels = random_images((3, 1, 1), 2, 8)
    params = gaussian.fit(images, labels, 2, 0.0)
    copies = images[labels == 1].reshape(-1, 3) + np.random.default_rng(0).random((200_000, 8, 3))
    copies = copies.reshape(-1, 3)
    np.testing.assert_allclose(params["mean"][1], copies.mean(axis=0), atol=0.003)
    np.testing.assert_allclose(params["chol"][1] @ params["chol"][1].T, np.cov(copies.T), rtol=0.01, atol=0.02)


def test_shrinkage_keeps_the_pooled_variance_and_ends_at_a_sphere():
    images, labels = random_images((2, 2, 1), 3, 9)

    def covariances(shrinkage):
        chol = gaussian.fit(images, labels, 3, shrinkage)["chol"]
        return chol @ chol.transpose(0, 2, 1)

    raw, half, sphere = (covariances(shrinkage) for shrinkage in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (raw + sphere) / 2)
    variance = np.trace(raw.mean(axis=0)) / 4
    np.testing.assert_allclose(sphere, np.broadcast_to(variance * np.eye(4), (3, 4, 4)), atol=1e-12)


def test_the_input_gradient_agrees_with_finite_differences():
    with jax.enable_x64(True):
        images, labels = random_images((3, 3, 1), 4, 12)
        model = model_of(gaussian.fit(images, labels, 4, 0.1), 4)
        rng = np.random.default_rng(2)
        x, direction = jnp.asarray(rng.uniform(0, 17, (3, 3, 1))), jnp.asarray(rng.normal(size=(3, 3, 1)))

        def log_posterior(x):
            return jax.nn.log_softmax(model.logits(x, KEY))[2]

        step = 1e-5
        numeric = (log_posterior(x + step * direction) - log_posterior(x - step * direction)) / (2 * step)
        exact = jnp.vdot(jax.grad(log_posterior)(x), direction)
        assert float(exact) == pytest.approx(float(numeric), rel=1e-7)


def test_a_class_without_images_is_refused_by_its_number():
    images, labels = random_images((2, 2, 1), 2, 5)
    with pytest.raises(ArtifactError, match="no training image of class 2"):
        gaussian.fit(images, labels, 3, 0.1)


def test_it_recognizes_98_percent_of_the_digits_at_less_than_3_bits_per_dim(digits):
    train, test, train_labels, test_labels = digits
    model = model_of(gaussian.fit(train, train_labels, 10, 0.1), 10)
    x = test + np.random.default_rng(0).random(test.shape)
    scores = np.asarray(jax.vmap(lambda x: model.logits(x, KEY))(jnp.asarray(x, jnp.float32)))
    assert (scores.argmax(axis=1) == test_labels).mean() >= 0.98
    assert 2.5 < -scores[np.arange(360), test_labels].mean() / (64 * np.log(2)) < 3.0


def test_the_step_writes_the_fit_of_its_split_where_load_reads_it(tmp_path):
    images, labels = random_images((2, 2, 1), 3, 10)
    artifacts.write_split(tmp_path / "train.npz", artifacts.Split(images, labels, np.arange(30)))
    artifacts.write_json(tmp_path / "spec.json", {"dataset": {"num_classes": 3}, "settings": {"shrinkage": 0.2}})
    paths = {"spec": "spec.json", "split": "train.npz", "out": "params.msgpack"}
    fit_gaussian.main([part for name, path in paths.items() for part in (f"--{name}", str(tmp_path / path))])
    restored = serialization.msgpack_restore((tmp_path / "params.msgpack").read_bytes())
    want = gaussian.fit(images, labels, 3, 0.2)
    for name in ("mean", "chol"):
        np.testing.assert_array_equal(restored[name], want[name])
        assert restored[name].dtype == np.float64
