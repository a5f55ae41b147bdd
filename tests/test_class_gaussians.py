import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import multivariate_normal

from sbgc.maths import class_gaussians

SHAPE, LEVELS, CLASSES, DIRECTIONS, SHRINKAGE = (2, 3, 1), 17, 3, 2, 0.25
RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(CLASSES, size=60)
IMAGES = (
    RANDOM.integers(LEVELS, size=(60, *SHAPE))
    * np.linspace(0.2, 1.0, 6).reshape(SHAPE)
    // (1 + LABELS)[:, None, None, None]
)
FLAT = (IMAGES.reshape(60, 6) + 0.5) * 2.0 / LEVELS - 1.0
NOISE = (2.0 / LEVELS) ** 2 / 12.0


@pytest.fixture(name="found")
def _found():
    return class_gaussians.of_images(IMAGES, LABELS, LEVELS, CLASSES, DIRECTIONS, SHRINKAGE)


def moments(found, label):
    """The mean and the covariance of a class, from their parts."""
    leading, others = found.basis[:, :DIRECTIONS], found.basis[:, DIRECTIONS:]
    bases = leading @ found.class_bases[label]
    covariance = (bases * found.class_variances[label]) @ bases.T + (others * found.variances) @ others.T
    return found.mean + leading @ found.class_means[label], covariance


def test_in_the_leading_directions_a_class_has_its_own_moments_and_in_the_others_those_of_all(found):
    """Against the moments of the rows themselves, projected by hand on the eigenvectors of their covariance."""
    values, vectors = np.linalg.eigh(np.cov(FLAT.T, bias=True))
    lead, rest = vectors[:, :-3:-1], vectors[:, :-2]
    of_class = [FLAT[np.equal(LABELS, label)] for label in range(CLASSES)]
    within = sum(np.cov(rows.T, bias=True) * len(rows) / len(FLAT) for rows in of_class)
    for label, rows in enumerate(of_class):
        mean, covariance = moments(found, label)
        own = (1 - SHRINKAGE) * np.cov(rows.T, bias=True) + SHRINKAGE * within + NOISE * np.eye(6)
        np.testing.assert_allclose(lead.T @ mean, lead.T @ rows.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(rest.T @ mean, rest.T @ FLAT.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(lead.T @ covariance @ lead, lead.T @ own @ lead, atol=1e-12)
        np.testing.assert_allclose(rest.T @ covariance @ rest, np.diag(values[:-2] + NOISE), atol=1e-12)
        np.testing.assert_allclose(lead.T @ covariance @ rest, 0.0, atol=1e-12)


@pytest.mark.parametrize(("alpha", "sigma"), [(1.0, 1e-3), (0.8, 0.6), (0.05, 0.99), (1.0, 30.0)])
def test_the_noise_prediction_is_minus_sigma_times_the_score(found, alpha, sigma):
    """Against jax.grad of the log-density of N(alpha mu, alpha^2 Sigma + sigma^2 I), in float64."""
    with jax.enable_x64(True):
        z = jnp.asarray(RANDOM.normal(size=(4, *SHAPE)))
        labels, levels = jnp.array([0, 2, 1, 0]), (jnp.full(4, alpha), jnp.full(4, sigma))
        predicted = found.eps_hat(z, *levels, labels)
        assert predicted.dtype == jnp.float64
        for row, label, eps in zip(z, labels, predicted, strict=True):
            mean, covariance = moments(found, int(label))
            spread = alpha**2 * covariance + sigma**2 * np.eye(6)
            score = jax.grad(lambda x, m=alpha * mean, c=spread: multivariate_normal.logpdf(x, m, c))(row.reshape(-1))
            np.testing.assert_allclose(eps.reshape(-1), -sigma * score, rtol=1e-9, atol=1e-12)


def test_the_error_is_that_of_the_prediction_on_gaussian_data():
    """E |eps_hat - eps|^2 = tr alpha^2 Sigma (alpha^2 Sigma + sigma^2 I)^-1; one class, so that nothing is averaged."""
    found = class_gaussians.of_images(IMAGES, np.zeros(60, int), LEVELS, 1, DIRECTIONS, SHRINKAGE)
    _, covariance = moments(found, 0)
    alpha, sigma = np.array([1.0, 0.8, 0.05]), np.array([0.01, 0.6, 0.99])
    for a, s, error in zip(alpha, sigma, found.error(jnp.float32(alpha), jnp.float32(sigma)), strict=True):
        data = a**2 * covariance
        wanted = np.trace(data @ np.linalg.inv(data + s**2 * np.eye(6))) / 6
        assert float(error) ** 2 == pytest.approx(wanted, rel=1e-5)


def test_what_an_image_gives_does_not_depend_on_its_batch(found):
    z = jnp.asarray(RANDOM.normal(size=(5, *SHAPE)), jnp.float32)
    labels, alpha, sigma = jnp.arange(5) % 3, jnp.linspace(0.1, 1.0, 5), jnp.linspace(0.9, 0.1, 5)
    together = found.eps_hat(z, alpha, sigma, labels)
    alone = [found.eps_hat(z[i : i + 1], alpha[i : i + 1], sigma[i : i + 1], labels[i : i + 1])[0] for i in range(5)]
    np.testing.assert_allclose(together, jnp.stack(alone), rtol=1e-5, atol=1e-6)


def test_empty_ones_have_the_shapes_of_measured_ones_and_are_standard_normal(found):
    empty = class_gaussians.empty(6, CLASSES, DIRECTIONS)
    assert [leaf.shape for leaf in empty] == [leaf.shape for leaf in found]
    z = jnp.ones((1, *SHAPE))
    predicted = empty.eps_hat(z, jnp.array([0.6]), jnp.array([0.8]), jnp.array([1]))
    np.testing.assert_allclose(predicted, 0.8 * z, rtol=1e-6)


def test_a_class_without_an_image_is_named():
    with pytest.raises(ValueError, match="no image of class 3"):
        class_gaussians.of_images(IMAGES, LABELS, LEVELS, 4, DIRECTIONS, SHRINKAGE)
