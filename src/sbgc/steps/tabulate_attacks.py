"""Accuracy under attacks: judged matrices -> one tidy table, and what checks say of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.paper import table_writer
from sbgc.procedures.tables import attack_checks, matrices
from sbgc.procedures.tables.adversarial_table import adversarial_table
from sbgc.steps.command import parse, run

READ: dict[str, Any] = {"epsilons": json.loads, "settings": Statistics.model_validate_json}


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, attacked model, attack, norm and epsilon (--epsilons: JSON, by norm).

    --again: the matrices of a judge with other noise and probes, or none.
    """
    args = parse(__doc__, argv, **READ, matrices=[Path], again=[str], csv=Path, md=Path, out=Path)
    judged = [matrices.read(path) for path in args.matrices]
    table = adversarial_table(judged, args.epsilons, args.settings)
    second = [matrices.read(Path(path)) for path in args.again if path != "none"]
    checks = attack_checks.attack_checks(
        table, adversarial_table(second, args.epsilons, args.settings) if second else None
    )
    artifacts.write_table(args.out, attack_checks.marked(table, checks))
    table_writer.write(attack_checks.digest(checks), args.csv, args.md)


if __name__ == "__main__":
    run(main)
