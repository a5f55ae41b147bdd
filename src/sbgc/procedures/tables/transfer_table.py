"""How attacks on one model do against the others (Carlini et al. 2019, section 3)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sbgc.artifacts import Matrix
from sbgc.config.attacked import CLEAN
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import WORST, adversarial_table
from sbgc.procedures.tables.statistics import Statistics


def transfer_table(
    judged: Sequence[Matrix], methods: Sequence[str], epsilons: Mapping[str, float], settings: Statistics
) -> pd.DataFrame:
    """The accuracy of each model under attacks on each model: a row for each pair of them and each norm.

    The columns are those of the adversarial table, whose rows `worst` these are where only `methods` attack, within one
    bound a norm. So the attacks on a model itself, which may be more, are the same as those on the others. `methods`
    names the attacks, with commas. Raises what `adversarial_table` raises.
    """
    kept = [matrices.take(one, np.isin(one.columns["attack"], (CLEAN, *methods))) for one in judged]
    bounds = {norm: (epsilon,) for norm, epsilon in epsilons.items()}
    table = adversarial_table([one for one in kept if len(one.labels)], bounds, settings)
    shown = table[(table["attack"] == WORST) & (table["epsilon"] > 0)]
    return shown.assign(methods=", ".join(methods)).reset_index(drop=True)
