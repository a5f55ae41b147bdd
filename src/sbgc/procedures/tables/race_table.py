"""The outcomes of races as a tidy table."""

from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import Split
from sbgc.maths.uncertainty import Decisions
from sbgc.procedures.racing.races import Outcome
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.decisions import columns

GridErrors = dict[str, Any] | None


def race_table(
    outcome: Outcome, split: Split, facts: dict[str, Any], grids: tuple[GridErrors, GridErrors]
) -> pd.DataFrame:
    """One row per raced image, with the columns of `decision_table`; draws is the number that the image took.

    Where the screening alone decided, draws is 0, and the standard error and the flip probability are those of the
    screening. Corrupted images also have the columns corruption, severity and source. facts: the experiment, dataset,
    model, kind, seed, evaluation and split. grids: what the grids of the screening and of the draws err by; a row has
    the error of the one that decided.
    """
    decided = Decisions(outcome.winner, outcome.rival, outcome.gap, outcome.std_error, outcome.flip)
    table = columns(facts, split.index, split.labels, decided).assign(draws=outcome.draws, nfe=outcome.nfe)
    if "severity" in split.columns:
        table = table.assign(**{name: split.columns[name] for name in ("severity", "corruption", "source")})
    identity = {name: facts[name] for name in matrices.IDENTITY}
    screening, drawn = (matrices.grid_errors(one) for one in grids)
    errors = {name: np.where(outcome.draws == 0, screening[name], drawn[name]) for name in drawn}
    return pd.concat([pd.DataFrame([identity] * len(table)), table], axis=1).assign(**errors)
