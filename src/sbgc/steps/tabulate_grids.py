"""The calibrated grids: all models' calibrations -> where their nodes lie, and what errors they leave."""

import json
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import grid_tables
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write both tables. --nodes: how many each model takes, as JSON."""
    args = parse(__doc__, argv, grids=[Path], nodes=json.loads, integrand=Path, errors=Path)
    integrand, errors = grid_tables.tables(args.grids, args.nodes)
    artifacts.write_table(args.integrand, integrand)
    artifacts.write_table(args.errors, errors)


if __name__ == "__main__":
    run(main)
