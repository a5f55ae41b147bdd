"""Tables of several models, one below the other: tidy tables -> one tidy table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the rows of all --tables, in their order."""
    args = parse(__doc__, argv, tables=[Path], out=Path)
    tables = [artifacts.read_table(path) for path in args.tables]
    artifacts.write_table(args.out, pd.concat(tables, ignore_index=True))


if __name__ == "__main__":
    run(main)
