"""Read pictures of a split: its listing + their folder -> one of the files of its images."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sbgc.artifacts.listings import read_listing
from sbgc.data import pictures
from sbgc.progress import progress_bar
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the --file-th of --files parts of --listing: images of --height x --width pixels and a --margin around."""
    numbers = dict.fromkeys(("height", "width", "margin", "file", "files"), int)
    args = parse(__doc__, argv, folder=str, listing=Path, out=Path, **numbers)
    listing, shape = read_listing(args.listing), (args.height + 2 * args.margin, args.width + 2 * args.margin, 3)
    folder = pictures.folder_given(args.folder)
    with progress_bar(len(listing) // args.files, f"pictures of {listing.meta['split']}", "picture") as bar:
        remarks = pictures.store(folder, listing, args.file, args.files, shape, args.out, bar.update)
    for remark, count in sorted(remarks.items()):
        print(f"pictures that were converted ({remark}): {count}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
