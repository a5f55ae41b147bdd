"""Accuracy under attacks: judged matrices -> one tidy table."""

import json
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import adversarial_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, attacked model, attack, norm and epsilon (--epsilons: JSON, by norm)."""
    args = parse(__doc__, argv, matrices=[Path], epsilons=json.loads, settings=Statistics.model_validate_json, out=Path)
    judged = [matrices.read(path) for path in args.matrices]
    artifacts.write_table(args.out, adversarial_table(judged, args.epsilons, args.settings))


if __name__ == "__main__":
    run(main)
