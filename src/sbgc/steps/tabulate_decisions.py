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
    decided, classes = [], []
    for path in args.matrices:  # one is in memory at a time
        matrix = matrices.read(path)
        decided.append(decisions.decision_table(matrix))
        classes.append(decisions.class_table(matrix))
    raced = [artifacts.read_table(path) for path in args.races if path != "none"]
    artifacts.write_table(args.out, pd.concat([*decided, *raced], ignore_index=True))
    artifacts.write_table(args.classes, pd.concat(classes, ignore_index=True))


if __name__ == "__main__":
    run(main)
