"""A digest of a user's dataset on disk, by which the workflow notices every change of it.

The time that a file or a folder was last changed says too little: overwriting an image leaves its folder's time alone,
and copying a dataset gives new times to the same images.
"""

import contextlib
import hashlib
import os
import time
from pathlib import Path
from typing import Any

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.data.formats.tree import cannot_be_read, is_folder, tree

Entry = tuple[list[int], str]  # of a file: size, times of change of content and inode, number of the inode; sha256

# A file that was changed within this time may be changed again without another time: clocks of file systems are coarse.
COARSE_NS = 2 * 10**9


def content_digest(path: Path, cache: Path) -> str:
    """The sha256, in hexadecimal, of all that the reader of `path` would read.

    Of a file it is the sha256 of its bytes. Of a folder it is that of the relative name and the sha256 of each image,
    sorted by name. So it changes with contents, names, additions, deletions and moves between classes, and with nothing
    else. cache: a folder in which the sha256 of each file is kept, so that only files which changed since the last call
    are read again. Raises ArtifactError where the folder is not laid out as a dataset, or something cannot be read.
    """
    kept = cache / f"content-{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]}.json"
    folder = is_folder(path)
    files = {str(file.relative_to(path)): file for file in (tree(path).files() if folder else [path])}
    before = _remembered(kept)
    now = {name: _entry(file, before.get(name)) for name, file in files.items()}
    if now != before:
        # Without a cache the digest is as right, and the next call slower.
        with contextlib.suppress(OSError):
            artifacts.write_json(kept, now)
    digest = hashlib.sha256()
    for name in sorted(now):
        digest.update(os.fsencode(name) + b"\0" + bytes.fromhex(now[name][1]))
    return digest.hexdigest() if folder else now["."][1]


def _entry(file: Path, before: Entry | None) -> Entry:
    """The stamp and the sha256 of a file, which is read only where its stamp is another than before."""
    try:
        found = file.stat()
        stamp = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
        if before is not None and before[0] == stamp:
            return before
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise cannot_be_read(file, error) from error
    recent = time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < COARSE_NS
    return ([] if recent else stamp), digest


def _remembered(kept: Path) -> dict[str, Entry]:
    """The entries of the last call; none where the cache is absent or damaged."""
    try:
        entries = artifacts.read_json(kept)
    except ArtifactError:
        return {}
    sound = isinstance(entries, dict) and all(map(_is_entry, entries.values()))
    return {name: tuple(entry) for name, entry in entries.items()} if sound else {}


def _is_entry(entry: Any) -> bool:
    match entry:
        case [list(), str(digest)] if len(digest) == 64:
            return all(character in "0123456789abcdef" for character in digest)
    return False
