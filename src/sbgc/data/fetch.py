"""Files from outside: looked for in folders and at mirrors in turn, and used only when their hash is right."""

import contextlib
import dataclasses
import hashlib
import logging
import os
import tarfile
import textwrap
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pooch

from sbgc.artifacts import ArtifactError, atomic_path
from sbgc.data.folders import below, folder_of, names_of

ATTEMPTS = 3  # at each mirror
REASON = 300  # characters of it: requests tells its whole chain of causes
CHUNK = 2**20


@dataclass(frozen=True)
class Remote:
    """A file as it is published, by its name and its MD5.

    members: of a tar archive, the MD5 of each member that is wanted. unpacked: other names under which a folder may
    hold what the file contains, and the MD5 of that.
    """

    name: str
    md5: str
    members: Mapping[str, str] = field(default_factory=dict)
    unpacked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fetcher:
    """Where to look: at addresses (https://, file://) and in folders, in turn. Downloads are kept in `cache`.

    A folder may hold what is wanted packed or unpacked; in its place may stand the packed file itself. bar: makes a
    progress bar with pooch's interface from a file's name.
    """

    sources: Sequence[str]
    cache: Path
    bar: Callable[[str], Any]

    def file(self, wanted: Remote) -> Path:
        """A local copy, packed or unpacked. Raises ArtifactError telling what was found at every source."""
        return self._first(wanted.name, lambda source: self._file(source, wanted))

    def member(self, archive: Remote, name: str) -> bytes:
        """The content of an archive's member. Raises ArtifactError as `file` does, and where its hash is wrong."""
        with self._member(archive, name) as stream:
            content = stream.read()
        _check(name, hashlib.md5(content).hexdigest(), archive.members[name])
        return content

    def copy_member(self, archive: Remote, name: str, out: Path) -> None:
        """The same, written to `out`. The member is never in memory as a whole."""
        digest = hashlib.md5()
        with self._member(archive, name) as stream, atomic_path(out) as temporary:
            with temporary.open("wb") as copy:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
            _check(name, digest.hexdigest(), archive.members[name])

    def _first(self, name: str, locate: Callable[[str], Path]) -> Path:
        failed = []
        for source in self.sources:
            try:
                return locate(source)
            except (OSError, ValueError) as error:  # requests raises OSErrors, pooch ValueErrors for another hash
                failed.append(f"{source}: {textwrap.shorten(str(error), REASON, placeholder=' ...')}")
        raise ArtifactError(f"{name}: found nowhere; " + "; ".join(failed or ["no source is given"]))

    def _file(self, source: str, wanted: Remote) -> Path:
        folder = folder_of(source)
        if folder is None:
            return _download(source, wanted, self.cache, self.bar)
        return _found(folder, {**wanted.unpacked, wanted.name: wanted.md5})

    @contextlib.contextmanager
    def _member(self, archive: Remote, name: str) -> Iterator[IO[bytes]]:
        unpacked = dict.fromkeys(names_of(name), archive.members[name])
        wanted = dataclasses.replace(archive, unpacked=unpacked)
        path = self._first(archive.name, lambda source: self._file(source, wanted))
        if path.name == Path(name).name:
            with path.open("rb") as stream:
                yield stream
            return
        try:
            # Read, never unpacked: a member's path, its links and its owner have no effect.
            with tarfile.open(path) as tar:
                found = tar.extractfile(name)
                if found is None:
                    raise ArtifactError(f"{path}: {name} is not a plain file")
                yield found
        except (KeyError, tarfile.TarError, EOFError, zlib.error) as error:
            raise ArtifactError(f"{path}: {' '.join(str(error).split())}") from error


def _found(folder: Path, wanted: Mapping[str, str]) -> Path:
    """The first file in the folder, or a little below it, that has one of these names and the MD5 that belongs to it.

    Raises FileNotFoundError where no file has such a name, ArtifactError where all that have one hold something else.
    """
    if not folder.exists():
        raise FileNotFoundError("no such folder")
    if folder.is_dir():
        os.scandir(folder).close()  # raises PermissionError, where a search would find nothing
    others = []
    for name, expected in wanted.items():
        for path in below(folder, name):
            found = pooch.file_hash(path, alg="md5")
            if found == expected:
                return path
            others.append(f"{path}: found MD5 {found}, expected {expected}")
    if others:
        raise ArtifactError("; ".join(dict.fromkeys(others)))
    names = " or ".join(wanted)
    raise FileNotFoundError(f"no {names} in it" if folder.is_dir() else f"a file that is not called {names}")


def _download(source: str, wanted: Remote, cache: Path, bar: Callable[[str], Any]) -> Path:
    pooch.get_logger().setLevel(logging.ERROR)
    mirror = pooch.create(
        path=cache,
        base_url=source if source.endswith("/") else f"{source}/",
        registry={wanted.name: f"md5:{wanted.md5}"},
        retry_if_failed=ATTEMPTS - 1,
    )
    downloader = pooch.HTTPDownloader(progressbar=bar(wanted.name), chunk_size=CHUNK, timeout=60)
    return Path(mirror.fetch(wanted.name, downloader=downloader))


def _check(name: object, found: str, expected: str) -> None:
    if found != expected:
        raise ArtifactError(f"{name}: found MD5 {found}, expected {expected}")
