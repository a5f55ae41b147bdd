"""Metrics of one model on one split, with confidence intervals: matrix -> three tidy tables."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import matrices, metrics_tables, statistics
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the metrics, the confusion matrix and the reliability bins."""
    args = parse(__doc__, argv, matrix=Path, settings=Path, table=Path, confusion=Path, reliability=Path)
    matrix, settings = matrices.read(args.matrix), statistics.read(args.settings)
    artifacts.write_table(args.table, metrics_tables.metrics_table(matrix, settings))
    artifacts.write_table(args.confusion, metrics_tables.confusion_table(matrix))
    artifacts.write_table(args.reliability, metrics_tables.reliability_table(matrix, settings))


if __name__ == "__main__":
    run(main)
