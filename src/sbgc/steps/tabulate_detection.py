"""Attacks that a test of log p(x) detects: judged matrices, scores of training images -> a tidy table, .csv and .md."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.config.attacked import Detection
from sbgc.config.spec import Statistics
from sbgc.procedures.paper import detection_page, table_writer
from sbgc.procedures.paper.layout import read_quoted
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.detection_table import detection_table
from sbgc.steps.command import parse, run

SETTINGS = {"detection": Detection.model_validate_json, "settings": Statistics.model_validate_json}
READ: dict[str, Any] = SETTINGS | {"quoted": read_quoted}


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, attack and test. --matrices, --references: by the densities."""
    paths = {"csv": Path, "md": Path, "out": Path}
    args = parse(__doc__, argv, **READ, matrices=[Path], references=[Path], **paths)
    judged, references = ([matrices.read(path) for path in some] for some in (args.matrices, args.references))
    table = detection_table(judged, references, args.detection, args.settings)
    artifacts.write_table(args.out, table)
    table_writer.write(detection_page.detection_page(table, args.quoted), args.csv, args.md)


if __name__ == "__main__":
    run(main)
