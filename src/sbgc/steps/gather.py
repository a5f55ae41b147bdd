"""Tidy tables with the same columns -> one."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import concatenation
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the rows of all tables, in the order given."""
    args = parse(__doc__, argv, tables=[Path], out=Path)
    artifacts.write_table(args.out, concatenation.gather(args.tables))


if __name__ == "__main__":
    run(main)
