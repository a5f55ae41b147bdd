"""Table 1, accuracy and likelihood: a tidy table and the paper's numbers -> .csv and .md."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.paper import paper_tables, table_writer
from sbgc.procedures.paper.layout import read_quoted
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write what was measured beside what the paper printed."""
    args = parse(__doc__, argv, metrics=Path, quoted=read_quoted, csv=Path, md=Path)
    table = paper_tables.table1(artifacts.read_table(args.metrics), args.quoted)
    table_writer.write(table, args.csv, args.md)


if __name__ == "__main__":
    run(main)
