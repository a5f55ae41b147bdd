"""How accuracy and log-likelihood settle with the number of draws: matrices -> one tidy table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import convergence, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed and number of draws."""
    args = parse(__doc__, argv, matrices=[Path], settings=Statistics.model_validate_json, out=Path)
    tables = [convergence.convergence_table(matrices.read(path), args.settings) for path in args.matrices]
    artifacts.write_table(args.out, pd.concat(tables, ignore_index=True))


if __name__ == "__main__":
    run(main)
