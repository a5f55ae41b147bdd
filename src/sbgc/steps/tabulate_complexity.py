"""How many bits each image takes as a PNG file: splits -> tidy table."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.tables.complexity import complexity_table
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write a row for each of the first --images (of each one) of --splits."""
    args = parse(__doc__, argv, splits=[Path], images=[int], out=Path)
    splits = map(artifacts.read_split, args.splits)  # one at a time
    artifacts.write_table(args.out, complexity_table(zip(splits, args.images, strict=True)))


if __name__ == "__main__":
    run(main)
