import numpy as np
import pytest

from sbgc.maths import counterexample_size
from sbgc.maths.counterexample import Counterexample

GRID = [
    (epsilon, delta, width)
    for epsilon in (1e-4, 1e-2, 0.5)
    for delta in (1e-6, 0.01, 0.3)
    for width in (0.01, 0.2, 0.9)
]


@pytest.mark.parametrize(("epsilon", "delta", "width"), GRID)
def test_lemmas_2_and_3_bound_the_divergences_and_are_twice_too_large(epsilon, delta, width):
    """The lemmas leave out that classes have probability 1/2, so that their bounds hold for twice the divergence."""
    found = Counterexample.weakest(counterexample_size.sufficient_dimension(epsilon, delta, width), width, delta)
    assert found.data_ball > np.exp(found.log_model_ball)
    assert 2.0 * found.kl_of_model() <= -np.log1p(-found.data_ball)  # lemma 2, equation 15
    assert 2.0 * found.kl_of_data() <= found.data_ball * found.dimension * np.log1p(width)  # lemma 3, equation 17
    assert max(found.kl_of_data(), found.kl_of_model()) < epsilon


@pytest.mark.parametrize(("epsilon", "delta", "width"), GRID)
def test_the_smallest_dimension_is_the_first_that_will_do_and_the_papers_is_no_smaller(epsilon, delta, width):
    smallest = counterexample_size.smallest_dimension(epsilon, delta, width)
    assert smallest <= counterexample_size.sufficient_dimension(epsilon, delta, width)
    for dimension, wanted in ((smallest, True), (smallest - 1, False), (10 * smallest, True)):
        if dimension == 0:
            continue
        found = Counterexample.weakest(dimension, width, delta)
        ball = found.data_ball < 1 / 3
        assert (ball and max(found.kl_of_data(), found.kl_of_model()) < epsilon) == wanted


def test_its_order_is_log_of_the_odds_of_delta_not_of_delta_over_1_plus_delta():
    """d log(1 + Delta) = 2 L + log((L - 1/2 + e^-2L / 2) / epsilon), as in docs/theory.md, with the log of odds L."""
    width = 1e-3
    for epsilon, delta in ((1e-3, 1e-5), (1e-3, 0.01), (1e-6, 0.01), (1e-6, 0.3), (1e-6, 0.45)):
        odds = np.log((1.0 - delta) / delta)
        found = counterexample_size.smallest_dimension(epsilon, delta, width) * np.log1p(width)
        assert found == pytest.approx(
            2.0 * odds + np.log((odds - 0.5 + 0.5 * np.exp(-2.0 * odds)) / epsilon), abs=0.005
        )


def test_what_no_dimension_gives_is_said():
    with pytest.raises(ValueError, match="^no dimension below"):
        counterexample_size.smallest_dimension(1e-2, 0.3, 1e-14)
