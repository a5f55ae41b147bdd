"""Interpolate between images of different classes: split + settings -> split of the points on the lines."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures import interpolation
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Draw lines between images of --split; the numbers of pairs and of points, and the seed, are in --spec (JSON)."""
    args = parse(__doc__, argv, split=Path, spec=Path, out=Path)
    spec = artifacts.read_json(args.spec)
    split = artifacts.read_split(args.split)
    pairs = interpolation.choose_pairs(split.labels, spec["pairs"], spec["seed"])
    artifacts.write_split(args.out, interpolation.lines(split, pairs, spec["points"]))


if __name__ == "__main__":
    run(main)
