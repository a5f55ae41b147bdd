import numpy as np
import pytest
from hand_artifacts import message
from hand_explanations import explanations

from sbgc.artifacts.explanations import ARRAYS, read_explanations, write_explanations


@pytest.mark.parametrize(
    "made", [explanations(), explanations(has_latents=False, has_shared=False)], ids=["all", "maps alone"]
)
def test_explanations_read_back_as_they_were_written(tmp_path, made):
    write_explanations(tmp_path / "e.npz", made)
    found = read_explanations(tmp_path / "e.npz")
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(found, name), getattr(made, name), strict=True)
    assert found.meta == made.meta
    assert len(found) == 2
    np.testing.assert_allclose(found.scores, made.log_probs.mean(axis=2))


REFUSED = {
    "log_probs have shape [2, 3], expected [n, classes, draws]": {"log_probs": np.zeros((2, 3))},
    "2 labels, but log_probs of 1 images": {"log_probs": np.zeros((1, 3, 2))},
    "of_classes has shape [2, 4, 2, 2], expected [2, 3] in front": {"of_classes": np.zeros((2, 4, 2, 2))},
    "shared has shape [1, 4, 4], expected [2] in front": {"shared": np.zeros((1, 4, 4))},
    "centers has shape [2, 2], expected [3] in front": {"centers": np.zeros((2, 2))},
    "latents is not finite": {"latents": np.full((2, 2), np.nan)},
    "2 images, but 3 index": {"labels": np.zeros(2, int), "index": np.zeros(3, int)},
}


@pytest.mark.parametrize("told", REFUSED)
def test_a_file_that_contradicts_itself_is_refused_in_one_line(tmp_path, told):
    write_explanations(tmp_path / "e.npz", explanations(**REFUSED[told]))
    assert message(read_explanations, tmp_path / "e.npz").endswith(told)
