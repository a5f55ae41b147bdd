"""The counterexample of Fetaya et al. 2020 over a grid of settings: which dimension it takes, and what holds there."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc.keys import generator_for
from sbgc.maths import counterexample_size
from sbgc.maths.counterexample import Counterexample


def counterexample_table(
    epsilons: Sequence[float], deltas: Sequence[float], widths: Sequence[float], samples: int, seed: int
) -> pd.DataFrame:
    """One row for each (epsilon, delta, Delta): the smallest dimension, that of equation 19, and proposition 1 there.

    Divergences are closed forms, with means over samples beside them. The attack's conditions are shares of sampled
    points; `largest_ball_probability` (condition 6, of radius Delta) and `total_variation` (7) are computed.
    """
    rows: list[dict[str, Any]] = []
    for epsilon, delta, width in itertools.product(epsilons, deltas, widths):
        random = generator_for(seed, "counterexample", len(rows))
        dimension = counterexample_size.smallest_dimension(epsilon, delta, width)
        found = Counterexample.weakest(dimension, width, delta)
        rates = found.attack(random, samples, 1.0 - delta)
        of_data, of_model = found.sampled_kls(random, samples // 2)
        rows.append(
            {
                "epsilon_nats": epsilon,
                "delta": delta,
                "width": width,
                "dimension": dimension,
                "dimension_of_equation_19": counterexample_size.sufficient_dimension(epsilon, delta, width),
                "data_ball": found.data_ball,
                "other_ball": found.other_ball,
                "kl_of_data_nats": found.kl_of_data(),
                "kl_of_data_sampled_nats": of_data.value,
                "kl_of_data_std_error_nats": of_data.std_error,
                "kl_of_model_nats": found.kl_of_model(),
                "kl_of_model_sampled_nats": of_model.value,
                "kl_of_model_std_error_nats": of_model.std_error,
                **rates._asdict(),
                "largest_ball_probability": found.largest_ball(width),
                "total_variation": found.total_variation(),
                "samples": samples,
            }
        )
    return pd.DataFrame(rows).astype({"dimension": np.int64, "dimension_of_equation_19": np.int64})
