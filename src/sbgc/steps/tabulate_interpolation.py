"""log p(x) between pairs of images: matrices -> one tidy table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.interpolation_table import interpolation_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed and point."""
    args = parse(__doc__, argv, matrices=[Path], settings=Statistics.model_validate_json, out=Path)
    tables = [interpolation_table(matrices.read(path), args.settings) for path in args.matrices]
    artifacts.write_table(args.out, pd.concat(tables, ignore_index=True))


if __name__ == "__main__":
    run(main)
