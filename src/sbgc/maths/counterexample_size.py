"""In how many dimensions the counterexample of Fetaya et al. 2020 holds: proposition 1, and what its proof asks for."""

from collections.abc import Callable

import numpy as np

from sbgc.maths.counterexample import Counterexample

LARGEST = 2**40  # dimensions


def smallest_dimension(epsilon: float, delta: float, width: float) -> int:
    """The smallest d in which both divergences are below epsilon, and over a third of all data can be attacked.

    Of all lambda_1 that make both sides sure, the smallest one has the smallest divergences.
    """

    def holds(dimension: int) -> bool:
        found = Counterexample.weakest(dimension, width, delta)
        if found.data_ball >= 1.0 / 3.0:
            return False
        return max(found.kl_of_data(), found.kl_of_model()) < epsilon

    return _first(holds)


def sufficient_dimension(epsilon: float, delta: float, width: float) -> int:
    """The smallest d in which equation 19 of the paper leaves room for lambda_1, below a third."""

    def holds(dimension: int) -> bool:
        log_ratio = dimension * np.log1p(width)
        least, most = 2.0 * np.log((1.0 - delta) / delta) - log_ratio, np.log(epsilon) - np.log(log_ratio)
        return bool(least < min(most, np.log(epsilon / 2.0), np.log(1.0 / 3.0)))

    return _first(holds)


def _first(holds: Callable[[int], bool]) -> int:
    """The smallest dimension from which on something holds. Raises ValueError where none is found."""
    above = 1
    while not holds(above):
        above *= 2
        if above > LARGEST:
            raise ValueError(f"no dimension below {LARGEST} will do")
    below = above // 2
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if holds(middle) else (middle, above)
    return above
