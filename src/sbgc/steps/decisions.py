"""Each image's decision and each log p(x|y) with their uncertainties: matrix -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import decisions, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --out, one row an image, and --classes, one row an image and class."""
    args = parse(__doc__, argv, matrix=Path, out=Path, classes=Path)
    matrix = matrices.read(args.matrix)
    artifacts.write_table(args.out, decisions.decision_table(matrix))
    artifacts.write_table(args.classes, decisions.class_table(matrix))


if __name__ == "__main__":
    run(main)
