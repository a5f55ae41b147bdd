"""How well outliers are told by the likelihood: matrices + complexities -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices, outlier_tables
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --out, one row for each model, set of outliers and method, and --roc, the points of the ROC curves.

    --matrices are of training images, of clean test images, of corrupted ones and of outliers, by all densities.
    """
    statistics, paths = Statistics.model_validate_json, {"complexity": Path, "out": Path, "roc": Path}
    args = parse(__doc__, argv, matrices=[Path], rate=float, settings=statistics, **paths)
    found, lengths = [matrices.read(path) for path in args.matrices], artifacts.read_table(args.complexity)
    tables, curves = [], []
    for model in dict.fromkeys(map(matrices.of_model, found)):
        mine = [matrix for matrix in found if matrices.of_model(matrix) == model]
        images = outlier_tables.scored(mine, lengths)
        tables.append(outlier_tables.outliers_table(mine[0], images, args.rate, args.settings))
        curves.append(outlier_tables.roc_table(mine[0], images))
    artifacts.write_table(args.out, pd.concat(tables, ignore_index=True))
    artifacts.write_table(args.roc, pd.concat(curves, ignore_index=True))


if __name__ == "__main__":
    run(main)
