"""The headline numbers with their provenance: tables and test matrices -> summary.md."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.summary import summary
from sbgc.procedures.tables import matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write summary.md of the --tables that an experiment has, each known by its file's name."""
    args = parse(__doc__, argv, tables=[Path], matrices=[Path], out=Path)
    tables = {path.stem: artifacts.read_table(path) for path in args.tables}
    table_writer.write_text(args.out, summary(tables, [matrices.read(path) for path in args.matrices]))


if __name__ == "__main__":
    run(main)
