"""Fetch CIFAR-10-C: sources -> one array of 50,000 corrupted test images for each corruption."""

import json
from collections.abc import Sequence
from pathlib import Path

from sbgc.data import cifar10c
from sbgc.data.fetch import Fetcher
from sbgc.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write --folder/{corruption}.npy for every --corruptions; --sources is a JSON list of addresses and folders."""
    args = parse(__doc__, argv, corruptions=[str], sources=json.loads, cache=Path, folder=Path)
    fetcher = Fetcher(args.sources, args.cache, lambda name: progress_bar(1, name, "B"))
    with progress_bar(len(args.corruptions), "corruptions", "file") as bar:
        for name in args.corruptions:
            fetcher.copy_member(cifar10c.ARCHIVE, f"CIFAR-10-C/{name}.npy", args.folder / f"{name}.npy")
            bar.update()


if __name__ == "__main__":
    run(main)
