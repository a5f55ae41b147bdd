"""Table 2, common corruptions: a tidy table and the paper's numbers -> .csv and .md."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures import comparison, presentation
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write what was measured beside what the paper printed; --raced is a table of means by racing, or `none`."""
    args = parse(__doc__, argv, means=Path, raced=str, quoted=Path, csv=Path, md=Path)
    raced = None if args.raced == "none" else artifacts.read_table(args.raced)
    table = comparison.table2(artifacts.read_table(args.means), raced, artifacts.read_json(args.quoted))
    presentation.write(table, args.csv, args.md)


if __name__ == "__main__":
    run(main)
