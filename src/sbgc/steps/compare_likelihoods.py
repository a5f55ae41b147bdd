"""Compare the models' own likelihood with another procedure: matrices of the same images -> a table and its digest."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.paper import table_writer
from sbgc.procedures.tables import crosscheck_table, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each image and class, and how far the procedures agree."""
    args = parse(__doc__, argv, own=[Path], reference=[Path], csv=Path, md=Path, out=Path)
    own, reference = ([matrices.read(path) for path in paths] for paths in (args.own, args.reference))
    table = crosscheck_table.crosscheck_table(own, reference)
    artifacts.write_table(args.out, table)
    table_writer.write(crosscheck_table.digest(table), args.csv, args.md)


if __name__ == "__main__":
    run(main)
