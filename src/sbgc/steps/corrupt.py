"""Corrupt the first images of a split at five severities: split + settings -> split."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data import cifar10c
from sbgc.maths.corruptions import SEVERITIES, corrupt_split
from sbgc.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Apply --corruption to the first images of --split; --spec (JSON) gives their number, seed and grey levels.

    --official is a file of CIFAR-10-C from which the corrupted images are read instead, or `none`.
    """
    args = parse(__doc__, argv, split=Path, spec=Path, corruption=str, official=str, out=Path)
    spec = artifacts.read_json(args.spec)
    clean = artifacts.read_split(args.split)
    if spec["images"] > len(clean):
        raise artifacts.ArtifactError(f"{args.spec}: images = {spec['images']}: {args.split} has {len(clean)}")
    first = clean.take(slice(spec["images"]))
    if args.official == "none":
        with progress_bar(len(SEVERITIES) * len(first), args.corruption, "image") as bar:
            corrupted = corrupt_split(first, args.corruption, spec["seed"], spec["levels"], bar.update)
    else:
        corrupted = cifar10c.corrupted(first, args.corruption, Path(args.official))
    artifacts.write_split(args.out, corrupted)


if __name__ == "__main__":
    run(main)
