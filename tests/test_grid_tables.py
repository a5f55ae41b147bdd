"""The tables of calibrated grids, by hand."""

import json

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Calibration
from sbgc.steps import tabulate_grids

IDENTITY = {"experiment": "digits", "dataset": "digits", "model": "score", "kind": "score", "seed": 0}
FACTS = {"images": 48, "held_out_images": 24, "wanted_bits_per_dim": 0.005, "fine": 100}
ERRORS = [
    {
        "nodes": nodes,
        "bias_bits_per_dim": -0.1 / nodes,
        "bias_standard_error": None if nodes == 8 else 0.01,
        "rms_bits_per_dim": 0.2 / nodes,
        "rms_standard_error": 0.02,
        "gap_bias_nats": 0.0,
        "gap_rms_nats": 1 / nodes,
    }
    for nodes in (8, 12, 18)
]


def write(path, errors=ERRORS, **changed):
    u = np.linspace(-6.0, 5.0, 56)
    meta = {**IDENTITY, **FACTS, **changed}
    calibration = Calibration(
        mean=np.zeros((2, 2, 1)),
        variances=np.ones(4),
        basis=np.eye(4),
        placement=np.array([-2.0, 0.8]),
        nodes=12,
        u=u,
        integrand=3.0 * u + 1.0,
        gap_noise=np.ones(3),
        errors=errors,
        meta={name: value for name, value in meta.items() if value is not None},
    )
    artifacts.write_calibration(path, calibration)
    return path


def run(folder, nodes, *grids):
    files = {name: folder / f"{name}.parquet" for name in ("integrand", "errors")}
    argv = ["--grids", *map(str, grids), "--nodes", json.dumps(nodes)]
    tabulate_grids.main(argv + [part for name, path in files.items() for part in (f"--{name}", str(path))])
    return [artifacts.read_table(path) for path in files.values()]


def test_nodes_lie_on_the_integrand_where_the_placement_puts_them(tmp_path):
    integrand, _ = run(tmp_path, {"score": 7}, write(tmp_path / "grid.npz"))
    curve, nodes = (integrand[integrand.is_node == marked] for marked in (False, True))
    assert len(curve) == 56
    v = np.arcsinh((nodes.log_noise_ratio + 2.0) / 0.8)
    np.testing.assert_allclose(np.diff(v), np.diff(v)[0], rtol=1e-9)
    assert nodes.log_noise_ratio.iloc[[0, -1]].tolist() == pytest.approx([-6.0, 5.0])
    np.testing.assert_allclose(nodes.divergence_nats, 3.0 * nodes.log_noise_ratio + 1.0, rtol=1e-9)
    assert set(integrand.num_images) == {48}


@pytest.mark.parametrize(("wanted", "taken", "stated"), [(18, 18, 18), (16, 16, 12), ("auto", 12, 12), (5, 5, None)])
def test_the_error_that_other_tables_state_is_marked(tmp_path, wanted, taken, stated):
    """That of the nodes that are taken, or of the next smaller number that was tried."""
    _, errors = run(tmp_path, {"score": wanted}, write(tmp_path / "grid.npz"))
    assert set(errors.taken) == {taken}
    assert errors.nodes[errors.stated].tolist() == ([] if stated is None else [stated])
    assert errors.bias_standard_error.isna().tolist() == [True, False, False]
    assert set(errors.num_images) == {24}


def test_several_trainings_stand_below_each_other(tmp_path):
    grids = [write(tmp_path / f"{seed}.npz", seed=seed) for seed in (1, 0)]
    _, errors = run(tmp_path, {"score": 12}, *grids)
    assert errors.seed.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_calibration_that_says_no_kind_is_refused_in_one_line(tmp_path):
    with pytest.raises(ArtifactError, match=r"grid\.npz: lacks kind$"):
        run(tmp_path, {"score": 12}, write(tmp_path / "grid.npz", kind=None))


def test_a_calibration_of_an_older_version_is_refused_in_one_line(tmp_path):
    older = [{name: value for name, value in row.items() if name != "rms_standard_error"} for row in ERRORS]
    with pytest.raises(ArtifactError, match=r"grid\.npz: lacks rms_standard_error$"):
        run(tmp_path, {"score": 12}, write(tmp_path / "grid.npz", errors=older))
