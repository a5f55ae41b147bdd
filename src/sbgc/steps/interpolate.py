"""Interpolate between images of different classes: split -> split of the points on the lines."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.procedures import interpolation
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Draw lines between --pairs pairs of images of --split, each with --points points."""
    args = parse(__doc__, argv, split=Path, pairs=int, points=int, seed=int, out=Path)
    split = artifacts.read_split(args.split)
    pairs = interpolation.choose_pairs(split.labels, args.pairs, args.seed)
    artifacts.write_split(args.out, interpolation.lines(split, pairs, args.points))


if __name__ == "__main__":
    run(main)
