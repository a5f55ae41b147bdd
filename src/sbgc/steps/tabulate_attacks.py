"""Accuracy under attacks: clean and attacked matrices -> one tidy table."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.adversarial_table import adversarial_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed, attacked model, norm and epsilon."""
    args = parse(__doc__, argv, clean=[Path], matrices=[Path], settings=Statistics.model_validate_json, out=Path)
    clean, attacked = ([matrices.read(path) for path in paths] for paths in (args.clean, args.matrices))
    artifacts.write_table(args.out, adversarial_table(clean, attacked, args.settings))


if __name__ == "__main__":
    run(main)
