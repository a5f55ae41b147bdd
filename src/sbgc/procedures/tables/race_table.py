"""The outcomes of races as a tidy table."""

from typing import Any

import numpy as np
import pandas as pd

from sbgc.artifacts import Split
from sbgc.maths.uncertainty import Decisions
from sbgc.procedures.racing.races import Outcome
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.decisions import columns

Procedure = tuple[str, dict[str, Any] | None]  # its name, and what its grid errs by


def race_table(
    outcome: Outcome, split: Split, facts: dict[str, Any], screening: Procedure, drawn: Procedure
) -> pd.DataFrame:
    """One row per raced image, with the columns of `decision_table`; draws is the number that the image took.

    Where the screening alone decided, draws is 0, and the standard error and the flip probability are those of the
    screening. Corrupted images also have the columns corruption, severity and source. facts: the experiment, dataset,
    model, kind, seed, evaluation and split. A row has the procedure that decided, and the error of its grid.
    """
    found = Decisions(outcome.winner, outcome.rival, outcome.gap, outcome.std_error, outcome.flip)
    table = columns(facts, split.index, split.labels, found).assign(draws=outcome.draws, nfe=outcome.nfe)
    if "severity" in split.columns:
        table = table.assign(**{name: split.columns[name] for name in ("severity", "corruption", "source")})
    identity = {name: facts[name] for name in matrices.IDENTITY}
    used = [pd.DataFrame([{"procedure": name, **matrices.grid_errors(grid)}]) for name, grid in (screening, drawn)]
    decided = pd.concat(used).iloc[np.minimum(outcome.draws, 1)].reset_index(drop=True)
    return pd.concat([pd.DataFrame([identity] * len(table)), table, decided], axis=1)
