"""Fetch a known dataset: sources -> all its images, those that its publishers set aside for tests last."""

import json
from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts
from sbgc.config.datasets import FACTS
from sbgc.data import known
from sbgc.data.fetch import Fetcher
from sbgc.data.labeled import as_split
from sbgc.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Look for --dataset at --sources, a JSON list of addresses and folders; downloads are kept in --cache."""
    args = parse(__doc__, argv, dataset=str, sources=json.loads, cache=Path, out=Path)
    fetcher = Fetcher(args.sources, args.cache, lambda name: progress_bar(1, name, "B"))
    found = known.load(args.dataset, fetcher)
    artifacts.write_split(args.out, as_split(found, args.dataset, FACTS[args.dataset].levels))


if __name__ == "__main__":
    run(main)
