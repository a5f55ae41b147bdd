"""Each image's decision and each log p(x|y) with their uncertainties: matrices + races -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.procedures.tables import decisions, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --out, one row an image, of --matrices and then of --races (or `none`), and --classes, one row a class."""
    args = parse(__doc__, argv, matrices=[Path], races=[str], out=Path, classes=Path)
    found = [matrices.read(path) for path in args.matrices]
    raced = [artifacts.read_table(path) for path in args.races if path != "none"]
    decided = pd.concat([*map(decisions.decision_table, found), *raced], ignore_index=True)
    artifacts.write_table(args.out, decided)
    artifacts.write_table(args.classes, pd.concat([*map(decisions.class_table, found)], ignore_index=True))


if __name__ == "__main__":
    run(main)
