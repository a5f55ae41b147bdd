import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.maths import coordinates, grids, sde

EACH = pytest.mark.parametrize("process", oracles.SDES.values(), ids=oracles.SDES)
AXES = coordinates.isotropic((2,))
PLACEMENTS = (grids.UNIFORM, grids.Placement(-1.75, 0.7), grids.Placement(3.0, 2.0))


@EACH
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_a_grid_runs_from_t_min_to_one_through_growing_noise(process, placement):
    nodes = grids.grid(process, 17, placement, AXES).nodes
    assert nodes.t[0] == pytest.approx(process.t_min, rel=1e-4, abs=1e-6)
    assert nodes.t[-1] == pytest.approx(1.0, rel=1e-5)
    assert (np.diff(nodes.t) > 0).all()
    np.testing.assert_allclose(nodes.s, np.asarray(sde.noise_ratio(process, jnp.asarray(nodes.t)), float), rtol=2e-5)
    np.testing.assert_allclose(nodes.alpha, np.asarray(process.alpha(jnp.asarray(nodes.t)), float), rtol=1e-6)


def test_the_speed_is_the_derivative_of_the_placement():
    """u = center + width sinh(v), so du/dv by differences of a fine grid."""
    nodes = grids.grid(oracles.SDES["vp"], 4001, grids.Placement(-2.0, 0.8), AXES).nodes
    slope = np.gradient(np.log(nodes.s), nodes.step[1])
    np.testing.assert_allclose(nodes.speed[1:-1], slope[1:-1], rtol=1e-4)
    densest = np.log(nodes.s)[np.diff(np.log(nodes.s)).argmin()]
    assert densest == pytest.approx(-2.0, abs=0.01)


def test_an_infinite_width_spreads_nodes_uniformly_and_a_large_one_nearly_so():
    wide = grids.grid(oracles.SDES["vp"], 9, grids.Placement(0.0, 1e4), AXES).nodes
    uniform = grids.grid(oracles.SDES["vp"], 9, grids.UNIFORM, AXES).nodes
    np.testing.assert_allclose(np.log(wide.s), np.log(uniform.s), atol=1e-6)
    np.testing.assert_allclose(np.diff(np.log(uniform.s)), uniform.step[1], rtol=1e-6)
    np.testing.assert_allclose(wide.speed * wide.step, uniform.speed * uniform.step, rtol=1e-6)


@pytest.mark.parametrize(("nodes", "degree"), [(3, 1), (5, 1), (6, 3), (9, 3), (40, 3)])
def test_the_weights_integrate_polynomials_exactly(nodes, degree):
    """Gregory's end corrections make the trapezoid rule exact for cubics."""
    points = grids.grid(oracles.SDES["vp"], nodes, grids.Placement(-1.75, 0.7), AXES).nodes
    v = np.linspace(0.0, 1.0, nodes)
    weights = points.weight / (points.step[1] * (nodes - 1))
    for power in range(degree + 1):
        assert weights @ v**power == pytest.approx(1 / (power + 1), rel=1e-9)


def test_a_grid_can_be_made_inside_a_compiled_function():
    made = jax.jit(lambda scale: scale * grids.grid(oracles.SDES["vp"], 5, grids.UNIFORM, AXES).nodes.s)
    np.testing.assert_allclose(made(2.0), 2 * grids.grid(oracles.SDES["vp"], 5, grids.UNIFORM, AXES).nodes.s, rtol=1e-6)
