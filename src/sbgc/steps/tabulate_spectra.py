"""Power spectra under corruptions: clean and corrupted splits -> a table by corruption, severity and frequency."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.spec import Statistics
from sbgc.procedures.tables import spectra
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write mean power and its ratio to that of the clean images."""
    args = parse(__doc__, argv, clean=Path, corrupted=[Path], settings=Statistics.model_validate_json, out=Path)
    clean, corrupted = artifacts.read_split(args.clean), map(artifacts.read_split, args.corrupted)  # one at a time
    artifacts.write_table(args.out, spectra.spectra_table(clean, corrupted, args.settings))


if __name__ == "__main__":
    run(main)
