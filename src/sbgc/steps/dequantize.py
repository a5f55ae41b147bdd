"""Dequantize the first images of a split: split + evaluation -> draws of x = k + u on [0, L)^D."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbgc import artifacts
from sbgc.data.dequantize import dequantize
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Dequantize --split with the number of images and of draws, and the seed, that --evaluation (JSON) gives."""
    args = parse(__doc__, argv, split=Path, evaluation=Path, out=Path)
    evaluation = artifacts.read_json(args.evaluation)
    settings = (evaluation[name] for name in ("seed", "draws", "images", "dequantization"))
    drawn = dequantize(artifacts.read_split(args.split), *settings)
    artifacts.write_split(args.out, replace(drawn, meta=drawn.meta | {"evaluation": evaluation["evaluation"]}))


if __name__ == "__main__":
    run(main)
