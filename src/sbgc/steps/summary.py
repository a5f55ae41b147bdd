"""The headline numbers with their provenance: tables and test matrices -> summary.md."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.summary import summary
from sbgc.procedures.tables import matrices
from sbgc.steps.command import parse, run

TABLES = ("metrics", "corruptions", "adversarial", "convergence", "crosscheck", "decisions")


def main(argv: Sequence[str] | None = None) -> None:
    """Write summary.md; `corruptions` is the table of means."""
    options = dict.fromkeys(TABLES, Path)
    args = parse(__doc__, argv, **options, matrices=[Path], out=Path)
    tables = {name: artifacts.read_table(getattr(args, name)) for name in TABLES}
    table_writer.write_text(args.out, summary(tables, [matrices.read(path) for path in args.matrices]))


if __name__ == "__main__":
    run(main)
