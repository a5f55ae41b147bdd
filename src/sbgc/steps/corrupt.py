"""Corrupt the first images of a split at five severities: split + settings -> split."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.maths.corruptions import corrupt_split
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Apply --corruption to the first images of --split; --spec (JSON) gives their number, seed and grey levels."""
    args = parse(__doc__, argv, split=Path, spec=Path, corruption=str, out=Path)
    spec = artifacts.read_json(args.spec)
    clean = artifacts.read_split(args.split)
    if spec["images"] > len(clean):
        raise artifacts.ArtifactError(f"{args.spec}: images = {spec['images']}: {args.split} has {len(clean)}")
    corrupted = corrupt_split(clean.take(slice(spec["images"])), args.corruption, spec["seed"], spec["levels"])
    artifacts.write_split(args.out, corrupted)


if __name__ == "__main__":
    run(main)
