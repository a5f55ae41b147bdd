import dataclasses

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError, Calibration

ERRORS = [
    {"nodes": nodes, "bias_bits_per_dim": 0.1 / nodes, "rms_bits_per_dim": 0.2 / nodes, "gap_rms_nats": 1 / nodes}
    for nodes in (8, 12, 18)
]


def calibration(**changed):
    made = Calibration(
        mean=np.zeros((2, 2, 1)),
        variances=np.array([0.1, 0.2, 0.3, 0.4]),
        basis=np.eye(4),
        placement=np.array([-2.0, 0.8]),
        nodes=12,
        u=np.linspace(-6.9, 5.0, 30),
        integrand=np.ones(30),
        gap_noise=np.array([0.0, 1.0, 2.0]),
        errors=ERRORS,
        meta={"model": "score"},
    )
    return dataclasses.replace(made, **changed)


def test_a_calibration_comes_back_as_it_was(tmp_path):
    artifacts.write_calibration(tmp_path / "grid.npz", calibration())
    found = artifacts.read_calibration(tmp_path / "grid.npz")
    for field in dataclasses.fields(Calibration):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(calibration(), field.name))


def test_pixels_may_be_the_axes(tmp_path):
    artifacts.write_calibration(tmp_path / "grid.npz", calibration(basis=np.zeros((0, 0))))
    assert artifacts.read_calibration(tmp_path / "grid.npz").basis.shape == (0, 0)


@pytest.mark.parametrize(("nodes", "tried"), [(8, 8), (11, 8), (12, 12), (17, 12), (18, 18), (500, 18)])
def test_the_error_is_that_of_the_same_number_of_nodes_or_the_next_smaller_one_that_was_tried(nodes, tried):
    assert calibration().error(nodes)["nodes"] == tried


def test_of_fewer_nodes_than_were_ever_tried_no_error_is_told():
    assert calibration().error(7) is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"variances": np.ones(3)}, r"variances has shape \[3\], expected \[4\]"),
        ({"basis": np.eye(3)}, r"basis has shape \[3, 3\], expected \[4, 4\]"),
        ({"placement": np.zeros(3)}, r"placement has shape \[3\], expected \[2\]"),
        ({"mean": np.zeros((2, 2, 1), np.float32)}, "mean is float32 or not finite"),
        ({"mean": np.full((2, 2, 1), np.nan)}, "mean is float64 or not finite"),
        ({"variances": np.array([0.1, 0.2, 0.0, 0.4])}, "must be greater than 0"),
        ({"placement": np.array([-2.0, 0.0])}, "must be greater than 0"),
        ({"gap_noise": np.array([1.0, -0.1])}, "gap_noise must be at least 0"),
        ({"nodes": "12"}, "its header lacks nodes or errors"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(changed, told, tmp_path):
    artifacts.write_calibration(tmp_path / "grid.npz", calibration(**changed))
    with pytest.raises(ArtifactError, match=f"grid.npz: .*{told}"):
        artifacts.read_calibration(tmp_path / "grid.npz")


def test_a_split_is_no_calibration(tmp_path):
    split = artifacts.Split(np.zeros((1, 2, 2, 1), np.uint8), np.zeros(1, int), np.zeros(1, int))
    artifacts.write_split(tmp_path / "split.npz", split)
    with pytest.raises(ArtifactError, match="found split of schema 1, expected calibration of schema 1"):
        artifacts.read_calibration(tmp_path / "split.npz")
