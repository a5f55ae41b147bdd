import math

import numpy as np
import pytest
from scipy import stats

from sbgc import units


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("dim", [1, 64, 3072])
def test_the_uniform_density_on_the_cube_has_log2_of_the_levels_bits_per_dim(levels, dim):
    log_prob = -dim * math.log(levels)
    assert units.bits_per_dim(log_prob, dim) == pytest.approx(math.log2(levels), rel=1e-14)


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("dim", [1, 64])
def test_the_uniform_density_on_the_unit_cube_becomes_uniform_on_the_grey_levels(levels, dim):
    log_prob_of_z = -dim * math.log(2.0)
    log_prob_of_x = log_prob_of_z + units.log_det_to_unit(levels, dim)
    assert log_prob_of_x == pytest.approx(-dim * math.log(levels), rel=1e-14)


def test_at_256_levels_the_change_of_variables_costs_the_seven_bits_of_the_paper():
    assert units.bits_per_dim(units.log_det_to_unit(256, 3072), 3072) == pytest.approx(7.0, rel=1e-14)


def test_a_density_of_z_still_integrates_to_one_over_x():
    levels = 17
    x = np.linspace(-100.0, 117.0, 20001)
    log_prob = stats.norm.logpdf(2.0 * x / levels - 1.0) + units.log_det_to_unit(levels, 1)
    assert np.trapezoid(np.exp(log_prob), x) == pytest.approx(1.0, abs=1e-10)


def test_bits_per_dim_keeps_the_shape_of_its_argument():
    nats = np.array([[-64.0 * math.log(2.0), 0.0, 128.0 * math.log(2.0)]])
    np.testing.assert_allclose(units.bits_per_dim(nats, 64), [[1.0, 0.0, -2.0]], rtol=1e-14)
