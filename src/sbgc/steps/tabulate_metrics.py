"""Metrics of models on splits, with confidence intervals: matrices -> three tidy tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices, metrics_tables
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the metrics, the confusion matrices and the reliability bins of all matrices, in their order.

    The latter two are of models that learn classes. One matrix is in memory at a time.
    """
    paths = {"metrics": Path, "confusion": Path, "reliability": Path}
    args = parse(__doc__, argv, matrices=[Path], settings=Statistics.model_validate_json, **paths)
    tables: dict[Path, list[pd.DataFrame]] = {args.metrics: [], args.confusion: [], args.reliability: []}
    for path in args.matrices:
        matrix = matrices.read(path)
        tables[args.metrics].append(metrics_tables.metrics_table(matrix, args.settings))
        if matrices.is_labeled(matrix):
            tables[args.confusion].append(metrics_tables.confusion_table(matrix))
            tables[args.reliability].append(metrics_tables.reliability_table(matrix, args.settings))
    for path, parts in tables.items():
        artifacts.write_table(path, pd.concat(parts, ignore_index=True))


if __name__ == "__main__":
    run(main)
