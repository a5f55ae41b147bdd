"""Join the shards of a matrix of class scores, in the order given: matrices -> matrix."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.scoring import shards
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Join --shards into one matrix whose manifest is the list of theirs."""
    args = parse(__doc__, argv, shards=[Path], out=Path)
    artifacts.write_matrix(args.out, shards.join([artifacts.read_matrix(path) for path in args.shards]))


if __name__ == "__main__":
    run(main)
