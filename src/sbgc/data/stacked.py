"""Several splits as one: the images that one evaluation is of may lie in several files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sbgc.artifacts import ArtifactError, Split, read_split


def row_range(text: str) -> tuple[int, int]:
    """START:STOP, the first row and the one after the last. Raises ValueError for anything else."""
    start, stop = map(int, text.split(":"))
    if not 0 <= start <= stop:
        raise ValueError(f"{text}: expected 0 <= START <= STOP")
    return start, stop


def read_rows(paths: Sequence[Path], ranges: Sequence[tuple[int, int]], surroundings: int = 0) -> Split:
    """The given rows (the first, and the one after the last) of each split, one split after another.

    surroundings: pixels around each image that are wanted, too; only images that lie in files have any. The meta holds
    the facts that all splits share. Raises ArtifactError when a split has fewer rows, or when the splits differ in
    their columns or in the shape or type of their images.
    """
    parts = [_rows(path, *rows, surroundings) for path, rows in zip(paths, ranges, strict=True)]
    first = parts[0]
    for path, part in zip(paths, parts, strict=True):
        found, wanted = _form(part), _form(first)
        if found != wanted:
            raise ArtifactError(f"{path}: images of {found}, but {paths[0]} has {wanted}")
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in first.columns}
    images, labels, index = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels", "index")
    )
    shared = {key: value for key, value in first.meta.items() if all(part.meta.get(key) == value for part in parts)}
    return Split(images, labels, index, columns, shared)


def _rows(path: Path, start: int, stop: int, surroundings: int) -> Split:
    split = read_split(path, surroundings)
    if stop > len(split):
        raise ArtifactError(f"{path}: {len(split)} images, expected at least {stop}")
    return split.take(slice(start, stop))


def _form(split: Split) -> str:
    return f"{split.images.dtype} {list(split.images.shape[1:])} with columns {sorted(split.columns)}"
