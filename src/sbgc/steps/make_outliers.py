"""Make images that are unlike a dataset's: test split (+ another dataset) -> split of outliers."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.data import outliers
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --images outliers called --name, in the shape and the --levels of those of --split.

    --of is the artefact of another dataset, or `none` where they are made of the test images or of photographs.
    """
    numbers = {"images": int, "levels": int, "seed": int}
    args = parse(__doc__, argv, split=Path, name=str, of=str, out=Path, **numbers)
    test, settings = artifacts.read_split(args.split), (args.images, args.levels, args.seed)
    if args.of != "none":
        found = outliers.of_dataset(test, args.name, artifacts.read_split(args.of), *settings)
    elif args.name in outliers.ALTERED:
        found = outliers.altered(test, args.name, *settings)
    else:
        found = outliers.photographs(test, *settings)
    artifacts.write_split(args.out, found)


if __name__ == "__main__":
    run(main)
