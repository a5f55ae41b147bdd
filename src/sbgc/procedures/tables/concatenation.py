"""Many tidy tables with the same columns, joined into one."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc.artifacts import ArtifactError, read_table
from sbgc.procedures.tables.matrices import IDENTITY


def concatenate(paths: Sequence[Path]) -> pd.DataFrame:
    """The rows of all tables, in the order given. Raises ArtifactError when one has other columns than the first."""
    tables = [read_table(path) for path in paths]
    expected = ", ".join(tables[0].columns)
    for path, table in zip(paths, tables, strict=True):
        if (found := ", ".join(table.columns)) != expected:
            raise ArtifactError(f"{path}: columns {found}; {paths[0]} has {expected}")
    return pd.concat(tables, ignore_index=True)


def losses(paths: Sequence[Path]) -> pd.DataFrame:
    """The loss curves of training segments, joined, with ascending steps.

    Raises ArtifactError when a column is missing or a step occurs twice.
    """
    table = concatenate(paths)
    if missing := [name for name in (*IDENTITY, "step", "loss", "grad_norm") if name not in table.columns]:
        raise ArtifactError(f"{paths[0]}: not a loss curve: lacks {', '.join(missing)}")
    order = [*IDENTITY, "step"]
    if (twice := table.duplicated(order)).any():
        first = table[twice].iloc[0]
        raise ArtifactError(f"{first['model']} seed {first['seed']}: step {first['step']} comes twice")
    return table.sort_values(order, ignore_index=True)
