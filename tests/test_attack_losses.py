import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.maths.attacks.losses import LOSSES, ranked

# Own class first, the target second.
SCORES = jnp.asarray([2.0, 1.0, 3.0, -1.0, 0.0])


def posterior():
    return np.exp(SCORES) / np.exp(SCORES).sum()


@pytest.mark.parametrize(
    ("loss", "targeted", "want"),
    [
        ("margin", False, 3.0 - 2.0),
        ("margin", True, 1.0 - 3.0),
        ("cross_entropy", False, lambda: -np.log(posterior()[0])),
        ("cross_entropy", True, lambda: np.log(posterior()[1])),
        ("dlr", False, (3.0 - 2.0) / (3.0 - 1.0)),
        ("dlr", True, (1.0 - 2.0) / (3.0 - 0.5 * (1.0 + 0.0))),
    ],
)
def test_a_loss_is_written_out_by_hand(loss, targeted, want):
    want = want() if callable(want) else want
    assert float(LOSSES[loss](SCORES, targeted)) == pytest.approx(want, abs=1e-5)


def test_the_ratio_of_logits_does_not_change_with_the_scale_of_the_scores():
    for targeted in (False, True):
        small, large = (LOSSES["dlr"](scale * SCORES + 5.0, targeted) for scale in (1.0, 1000.0))
        assert float(small) == pytest.approx(float(large), rel=1e-4)


def test_the_own_class_comes_first_then_the_target_then_the_strongest():
    scores = jnp.asarray([0.0, 5.0, 2.0, 9.0, 7.0])
    assert ranked(scores, 2, -1).tolist() == [2, 3, 4, 1, 0]
    assert ranked(scores, 2, 0).tolist() == [2, 0, 3, 4, 1]
    assert ranked(scores, 3, -1).tolist() == [3, 4, 1, 2, 0]
