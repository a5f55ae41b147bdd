"""Some attacked images of each model: attacked splits and what their judges say -> a small split for a figure."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures.attacks.pictured import pictured
from sbgc.procedures.tables import matrices
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the images at the rows --pictures of --splits, before and after attacks, by the judged --matrices."""
    args = parse(__doc__, argv, splits=[Path], matrices=[Path], pictures=[int], out=Path)
    judged = [matrices.read(path) for path in args.matrices]
    splits = [artifacts.read_split(path) for path in args.splits]
    artifacts.write_split(args.out, pictured(judged, splits, args.pictures))


if __name__ == "__main__":
    run(main)
