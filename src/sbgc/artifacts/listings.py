"""Which pictures a split is made of, before any of them has been read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sbgc.artifacts import npz
from sbgc.artifacts.errors import ArtifactError, reading

ARRAYS = ("files", "labels", "index")


@dataclass(frozen=True)
class Listing:
    """Pictures in the order of a split.

    files: str [n], paths below a folder that is named elsewhere. labels: int64 [n]. index: int64 [n], the place of each
    picture in the whole dataset. meta: facts about the split.
    """

    files: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    meta: dict[str, Any]

    def __len__(self) -> int:
        return len(self.files)


def write_listing(path: str | Path, listing: Listing) -> None:
    """Write a listing; equal listings give equal bytes."""
    npz.write(path, "listing", npz.Content({name: getattr(listing, name) for name in ARRAYS}, {}, listing.meta))


def read_listing(path: str | Path) -> Listing:
    """Read a listing. Raises ArtifactError when the file is none, or names a file outside the folder."""
    with reading(path) as file:
        arrays, columns, meta = npz.read(file, "listing", ARRAYS)
        files = arrays["files"]
        if files.ndim != 1 or files.dtype.kind != "U":
            raise ArtifactError(f"files are {files.dtype} {list(files.shape)}, expected text [n]")
        npz.check_rows(len(files), arrays["labels"], arrays["index"], columns)
        outside = np.char.startswith(files, "/") | (np.char.find(files, "..") >= 0)
        if outside.any():
            raise ArtifactError(f"{files[outside].tolist()[0]!r} is not below the folder of the pictures")
    return Listing(**arrays, meta=meta)
