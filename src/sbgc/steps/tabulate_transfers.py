"""Accuracy under attacks on other models: judged matrices -> one tidy table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.transfer_table import transfer_table
from sbgc.steps.command import parse, run

READ: dict[str, Any] = {"epsilons": json.loads, "settings": Statistics.model_validate_json}


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, attacked model and norm, of --methods at --epsilons (JSON, by norm)."""
    args = parse(__doc__, argv, **READ, matrices=[Path], methods=[str], out=Path)
    judged = [matrices.read(path) for path in args.matrices]
    artifacts.write_table(args.out, transfer_table(judged, args.methods, args.epsilons, args.settings))


if __name__ == "__main__":
    run(main)
