"""The loss curves of training: the segments' curves -> one tidy table."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables import concatenation
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row for each model, seed and step."""
    args = parse(__doc__, argv, losses=[Path], out=Path)
    artifacts.write_table(args.out, concatenation.losses(args.losses))


if __name__ == "__main__":
    run(main)
