"""Whether wrong labels could be told by the likelihood: matrices -> two tidy tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sbgc import artifacts
from sbgc.config.analyses import Labels
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import label_tables, matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the histograms, and the shares that are detected, of all models and seeds."""
    settings = {"labels": Labels.model_validate_json, "settings": Statistics.model_validate_json}
    args = parse(__doc__, argv, matrices=[Path], histogram=Path, detection=Path, **settings)
    histograms, detections, rates = [], [], args.labels.false_positive_rates
    for path in args.matrices:  # one is in memory at a time
        matrix = matrices.read(path)
        histograms.append(label_tables.histogram_table(matrix, args.labels.bins))
        detections.append(label_tables.detection_table(matrix, rates, args.settings))
    artifacts.write_table(args.histogram, pd.concat(histograms, ignore_index=True))
    artifacts.write_table(args.detection, pd.concat(detections, ignore_index=True))


if __name__ == "__main__":
    run(main)
