"""The calibration of a model whose density is a closed form, so that the errors it tells can be checked."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import oracles
import pytest

from sbgc.artifacts import Split
from sbgc.config.spec import Calibrating
from sbgc.maths import coordinates, score_matching
from sbgc.maths.grids import UNIFORM, Placement
from sbgc.procedures.calibrating import calibration
from sbgc.procedures.calibrating.gap_noise import CELLS, gap_noise
from sbgc.procedures.calibrating.solver import Pairs, Solver

SHAPE, LEVELS = (4, 4, 1), 256


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TwoMixtures:
    """A density for each of two classes, of independent pixels: one Hadamard probe gives the exact trace."""

    data: tuple[Any, Any]
    num_classes = 2
    levels = LEVELS
    sde = oracles.SDES["vp"]

    def eps_hat(self, z, t, y):
        each = [oracles.noise_prediction(one, self.sde)(z.reshape(-1), t) for one in self.data]
        return jnp.where(y == 0, *each).reshape(z.shape)

    def log_prob(self, z, y):
        """log p of z = x(t_min), in nats."""
        at = [one.at(self.sde, jnp.asarray(self.sde.t_min)).log_prob(z.reshape(-1)) for one in self.data]
        return at[y]


@pytest.fixture(scope="module")
def model():
    return TwoMixtures(
        (oracles.independent(16, oracles.mixture()), oracles.independent(16, oracles.gaussian(0.0, 0.3)))
    )


@pytest.fixture(scope="module")
def split(model):
    random = np.random.default_rng(0)
    z = np.concatenate([np.asarray(one.sample(random, 8)) for one in model.data]).reshape(-1, 1, *SHAPE)
    return Split(((z + 1) * LEVELS / 2).astype(np.float32), np.repeat([0, 1], 8), np.arange(16))


@pytest.fixture(scope="module")
def solver(model):
    return Solver(model, coordinates.isotropic(SHAPE), 0, num_probes=1, most=240, batch_size=8)


@pytest.fixture(scope="module")
def found(solver, split):
    return calibration.calibrate(solver, split, wanted(240, 0.002))


def wanted(fine, error):
    return Calibrating(images=16, fine=fine, probes=1, error=error, seed=0)


def pairs_of(split, labels):
    return Pairs((2 * split.images[:, 0] / LEVELS - 1).astype(np.float32), labels, split.index)


def exact(model, pairs):
    return np.array([float(model.log_prob(z, y)) for z, y in zip(pairs.z, pairs.labels, strict=True)])


def test_a_fine_grid_solves_the_flow_exactly(model, solver, split):
    pairs = pairs_of(split, split.labels)
    np.testing.assert_allclose(solver.values(pairs, 240, UNIFORM), exact(model, pairs), rtol=0, atol=0.02)


def test_the_number_of_nodes_meets_the_wanted_error_by_the_closed_form_as_well(model, solver, split, found):
    """On all images, under both classes; the fine grid itself errs by less than half of what is wanted."""
    assert found.meta["met"]
    errors = []
    for labels in (split.labels, 1 - split.labels):
        pairs = pairs_of(split, labels)
        errors.append(solver.values(pairs, found.nodes, Placement(*found.placement)) - exact(model, pairs))
    assert np.sqrt(np.mean(np.square(errors))) / (16 * np.log(2)) < 0.003


def test_fewer_nodes_than_that_do_not_meet_it(found):
    fewer = [row for row in found.errors if row["nodes"] < found.nodes]
    assert fewer
    assert all(row["rms_bits_per_dim"] > 0.002 for row in fewer)


def test_the_errors_are_those_of_the_images_that_placed_no_node(solver, split, found):
    """Every second image, under its own class and the other one."""
    held = split.take(np.arange(1, 16, 2))
    differences = []
    for labels in (held.labels, 1 - held.labels):
        pairs = pairs_of(held, labels)
        coarse, fine = solver.values(pairs, 12, Placement(*found.placement)), solver.values(pairs, 240, UNIFORM)
        differences.append(coarse - fine)
    row = next(row for row in found.errors if row["nodes"] == 12)
    bits = -np.array(differences) / (16 * np.log(2))
    assert row["bias_bits_per_dim"] == pytest.approx(bits.mean(), abs=1e-4)
    assert row["rms_bits_per_dim"] == pytest.approx(np.sqrt((bits**2).mean()), abs=1e-4)
    for name, values in (("bias", bits), ("rms", bits**2)):  # of each image, whose two classes err alike
        error = values.mean(axis=0).std(ddof=1) / np.sqrt(8)
        error /= 1.0 if name == "bias" else 2.0 * row["rms_bits_per_dim"]
        assert row[f"{name}_standard_error"] == pytest.approx(error, rel=0.02, abs=1e-5)
    gaps = differences[0] - differences[1]
    assert row["gap_rms_nats"] == pytest.approx(np.sqrt((gaps**2).mean()), abs=1e-3)


def test_placed_nodes_err_less_than_uniform_ones(solver, split, found):
    pairs = pairs_of(split, split.labels)
    fine = solver.values(pairs, 240, UNIFORM)
    placed, uniform = (
        np.sqrt(np.mean((solver.values(pairs, 12, placement) - fine) ** 2))
        for placement in (Placement(*found.placement), UNIFORM)
    )
    assert placed < uniform / 2


def test_the_divergence_integrates_to_the_change_of_volume(solver, split):
    """The integrand that is kept, by the trapezoid rule, against what is left of log p without prior and volume."""
    pairs = pairs_of(split, split.labels)
    values, rates = solver.solve(pairs, 240, UNIFORM)
    u = np.log(solver.grid(240, UNIFORM).nodes.s)
    whole = np.trapezoid(rates, u, axis=1)
    other, coarse = solver.solve(pairs, 120, UNIFORM)
    half = np.trapezoid(coarse, np.log(solver.grid(120, UNIFORM).nodes.s), axis=1)
    np.testing.assert_allclose(whole - half, values - other, atol=0.1)


def test_the_batch_of_pairs_changes_no_value(model, solver, split):
    other = Solver(model, coordinates.isotropic(SHAPE), 0, num_probes=1, most=240, batch_size=5)
    pairs = pairs_of(split, split.labels)
    np.testing.assert_allclose(other.values(pairs, 12, UNIFORM), solver.values(pairs, 12, UNIFORM), rtol=1e-6)


def test_where_no_number_of_nodes_is_enough_the_largest_is_taken_and_it_is_said(solver, split, monkeypatch):
    monkeypatch.setattr(calibration, "LADDER", (6, 8))
    found = calibration.calibrate(solver, split, wanted(60, 1e-9))
    assert found.nodes == 8
    assert not found.meta["met"]
    assert [row["nodes"] for row in found.errors] == [6, 8]


def test_numbers_of_nodes_are_tried_up_to_two_beyond_the_first_that_is_enough(found):
    tried = [row["nodes"] for row in found.errors]
    assert tried == list(calibration.LADDER[: len(tried)])
    assert tried.index(found.nodes) == len(tried) - 1 - calibration.BEYOND


def test_a_fine_grid_judges_no_more_than_half_of_its_nodes(solver, split):
    found = calibration.calibrate(solver, split, wanted(30, 1e-9))
    assert max(row["nodes"] for row in found.errors) == 14
    assert found.nodes == 14


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TwoNoises:
    """Two classes of a constant noise, one of them only in one cell: another one for bright images than for dark ones.

    Bright images are ten times as noisy.
    """

    sde = oracles.SDES["vp"]

    def eps_hat(self, z, t, y):
        place = self.sde.importance(t) - self.sde.importance(jnp.asarray(self.sde.t_min))
        share = place / score_matching.total_weight(self.sde)
        bright = z.mean() > 0
        inside = jnp.abs(share * CELLS - jnp.where(bright, 21, 7) - 0.5) < 0.5
        return jnp.where((y == 1) & inside, jnp.where(bright, 3.0, 0.3), 0.0) * jnp.ones_like(z)


def test_the_noise_of_a_class_gap_is_found_where_the_classes_differ_and_images_count_alike():
    images = 400
    z = np.full((images, *SHAPE), -5000.0, np.float32)  # so that no noise makes a dark image bright
    z[::4] = 5000.0
    both = Pairs(np.repeat(z, 2, axis=0), np.tile([0, 1], images), np.repeat(np.arange(images), 2))
    found = gap_noise(TwoNoises(), both, 0, batch_size=16)
    # |c - eps|^2 - |eps|^2 over 16 pixels has a standard deviation of 8 c; 23.864 weighs the times.
    of_bright, of_dark = (0.5 * 23.864 / CELLS * 8 * c for c in (3.0, 0.3))
    total = np.sqrt(0.25 * of_bright**2 + 0.75 * of_dark**2)
    wanted = np.zeros(CELLS)
    wanted[[21, 7]] = np.sqrt([0.25, 0.75]) * total
    np.testing.assert_allclose(found, wanted, rtol=0.1, atol=0.01 * total)
    other = gap_noise(TwoNoises(), both, 0, batch_size=50)
    np.testing.assert_allclose(found, other, rtol=1e-5, atol=1e-7)
