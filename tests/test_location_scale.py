import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from sbgc.maths import location_scale

SCIPY = {"normal": stats.norm, "laplace": stats.laplace, "cauchy": stats.cauchy}


def parts(family):
    return [SCIPY[name] for name in family.split("_")]


@pytest.mark.parametrize("family", location_scale.LOG_DENSITIES)
def test_log_densities_are_those_of_scipy(family):
    x = np.concatenate([np.linspace(-8.0, 8.0, 33), [1e3]])
    with jax.enable_x64(True):
        found = location_scale.LOG_DENSITIES[family](jnp.asarray(x))
    with np.errstate(divide="ignore"):
        wanted = np.log(np.mean([part.pdf(x) for part in parts(family)], axis=0))
    finite = np.isfinite(wanted)  # scipy's densities vanish far out
    np.testing.assert_allclose(np.asarray(found)[finite], wanted[finite], rtol=1e-9)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("family", location_scale.LOG_DENSITIES)
def test_samples_have_the_distribution_of_the_density(family):
    """Kolmogorov-Smirnov against the mean of scipy's distribution functions."""
    drawn = np.asarray(location_scale.sample(family, jax.random.key(0), (3000,)))
    found = stats.kstest(drawn, lambda x: np.mean([part.cdf(x) for part in parts(family)], axis=0))
    assert found.pvalue > 0.01
