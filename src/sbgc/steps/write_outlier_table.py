"""Robustness and the detection of outliers: tidy tables and the paper's numbers -> .csv, .md and .html."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.paper import outlier_table, shaded, table_writer
from sbgc.procedures.paper.layout import read_quoted
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write what was measured beside what papers printed. --means: the table of means over corruptions, or `none`."""
    paths = {"csv": Path, "md": Path, "html": Path}
    args = parse(__doc__, argv, outliers=Path, means=str, quoted=read_quoted, **paths)
    means = None if args.means == "none" else artifacts.read_table(args.means)
    table = outlier_table.outlier_table(artifacts.read_table(args.outliers), means, args.quoted)
    table_writer.write_csv(args.csv, table)
    shaded.write(table, args.md, args.html)


if __name__ == "__main__":
    run(main)
