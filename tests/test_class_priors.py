import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy import stats
from scipy import integrate

from sbgc.nets.class_priors import MixturePrior, SplitPrior, smoothed

RANDOM = np.random.default_rng(4)
CLASSES, DIMENSIONS = 3, 5
SPLIT = SplitPrior(CLASSES, DIMENSIONS, std=0.5, features=4)


def z_of(count):
    return jnp.asarray(RANDOM.normal(size=(count, DIMENSIONS)), jnp.float32)


def random_variables(prior):
    started = prior.init(jax.random.key(0), z_of(1))
    return jax.tree.map(lambda leaf: jnp.asarray(0.5 * RANDOM.normal(size=leaf.shape), leaf.dtype), started)


def test_a_mixture_of_gaussians_has_the_normal_density_of_its_class():
    prior = MixturePrior(CLASSES, DIMENSIONS, "normal", 0.0)
    variables, z = random_variables(prior), z_of(4)
    found, params = prior.apply(variables, z), variables["params"]
    for label in range(CLASSES):
        covariance = jnp.diag(jnp.exp(2.0 * params["log_scale"][label]))
        wanted = stats.multivariate_normal.logpdf(z, params["location"][label], covariance)
        np.testing.assert_allclose(found[:, label], wanted, rtol=1e-4)


@pytest.mark.parametrize("family", ["normal", "laplace", "cauchy", "normal_laplace"])
def test_a_mixture_prior_integrates_to_1(family):
    """One dimension, by quadrature; a Cauchy density keeps 1 / (500 pi) outside of the range, by hand."""
    prior = MixturePrior(2, 1, family, 0.0)
    variables = {"params": {"location": jnp.array([[0.3], [-1.0]]), "log_scale": jnp.array([[0.2], [-0.5]])}}
    grid = jnp.linspace(-1000.0, 1000.0, 2_000_001)[:, None]
    densities = np.exp(np.asarray(prior.apply(variables, grid), float))
    total = integrate.trapezoid(densities, dx=1e-3, axis=0)
    np.testing.assert_allclose(total, 1.0, atol=2e-3)


def test_the_split_prior_is_a_gaussian_of_the_first_numbers_times_one_of_the_rest_given_these():
    """Of each class against two normal densities, whose second one's moments come from its own layers."""
    variables, z = random_variables(SPLIT), z_of(4)
    layers = variables["params"]
    found = SPLIT.apply(variables, z)
    for label in range(CLASSES):
        one = jax.nn.one_hot(label, CLASSES)
        for row, value in zip(z, found[:, label], strict=True):
            semantic, rest = row[:CLASSES], row[CLASSES:]
            hidden = jnp.concatenate([semantic, one]) @ layers["hidden"]["kernel"] + layers["hidden"]["bias"]
            raw = jnp.maximum(hidden, 0.0) @ layers["out"]["kernel"] + layers["out"]["bias"]
            wanted = (
                stats.norm.logpdf(semantic, one, 0.5).sum()
                + stats.norm.logpdf(rest, raw[: len(rest)], jnp.exp(raw[len(rest) :])).sum()
            )
            np.testing.assert_allclose(value, wanted, rtol=1e-4)


@pytest.mark.parametrize(
    "prior",
    [MixturePrior(CLASSES, DIMENSIONS, "normal", 0.0), MixturePrior(CLASSES, DIMENSIONS, "normal", 0.3), SPLIT],
    ids=["mixture", "smoothed", "split"],
)
def test_samples_have_the_density_that_is_stated(prior):
    """The mean of log p over samples of a class is minus its entropy: here against that over other samples.

    And samples of a class are likelier under it than under others.
    """
    variables = random_variables(prior)
    labels = jnp.full(4000, 1)
    first, second = (prior.apply(variables, labels, jax.random.key(n), method="sample") for n in (1, 2))
    values = [np.asarray(prior.apply(variables, z)) for z in (first, second)]
    error = float(values[0][:, 1].std()) / len(labels) ** 0.5
    assert values[0][:, 1].mean() == pytest.approx(values[1][:, 1].mean(), abs=6.0 * error)
    ratios = np.exp(values[0][:, [0, 2]] - values[0][:, 1:2])  # E_q[p / q] = 1, where p is another class
    np.testing.assert_allclose(
        ratios.mean(axis=0), 1.0, atol=6.0 * float(ratios.std(axis=0).max()) / len(labels) ** 0.5
    )


def test_a_smoothed_cluster_is_the_weighted_mean_of_densities_and_bounds_what_a_sure_mistake_costs():
    log_probs = jnp.log(jnp.array([[0.2, 0.5, 0.1]]))
    found = jnp.exp(smoothed(log_probs, 0.1))
    np.testing.assert_allclose(
        found, [[0.9 * 0.2 + 0.05 * 0.6, 0.9 * 0.5 + 0.05 * 0.3, 0.9 * 0.1 + 0.05 * 0.7]], rtol=1e-5
    )
    far = jnp.array([[0.0, -1e4, -1e4]])
    np.testing.assert_allclose(smoothed(far, 0.1)[0, 1], np.log(0.05), rtol=1e-5)
    np.testing.assert_allclose(smoothed(far, 0.0), far, rtol=1e-6)
