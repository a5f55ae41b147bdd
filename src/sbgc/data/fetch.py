"""Files from outside: looked for in folders and at mirrors, in turn, and believed only when their hash is right."""

import contextlib
import hashlib
import logging
import tarfile
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pooch

from sbgc.artifacts import ArtifactError, atomic_path
from sbgc.data.folders import below, folder_of

RETRIES = 3
REASON = 300  # characters of it: requests tells its whole chain of causes
CHUNK = 2**20


@dataclass(frozen=True)
class Remote:
    """A file by its published MD5; of a tar archive also the members that are wanted, by theirs."""

    name: str
    md5: str
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fetcher:
    """Where to look: addresses (https://, file://) and folders, in turn; what is downloaded is kept in `cache`.

    A folder may hold an archive packed or unpacked. bar: of a file's name, a progress bar with pooch's interface.
    """

    sources: Sequence[str]
    cache: Path
    bar: Callable[[str], Any]

    def file(self, wanted: Remote) -> Path:
        """A local copy with the right hash. Raises ArtifactError telling what was found at every source."""
        return self._first(wanted.name, lambda source: self._file(source, wanted))

    def member(self, archive: Remote, name: str) -> bytes:
        """The content of an archive's member. Raises ArtifactError as `file` does, and where the hash is another."""
        with self._member(archive, name) as stream:
            content = stream.read()
        _check(name, hashlib.md5(content).hexdigest(), archive.members[name])
        return content

    def copy_member(self, archive: Remote, name: str, out: Path) -> None:
        """The same, written to `out`, whatever its size."""
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
            except (OSError, ValueError) as error:  # those of requests are OSErrors
                failed.append(f"{source}: {textwrap.shorten(str(error), REASON, placeholder=' ...')}")
        raise ArtifactError(f"{name}: not to be had; " + "; ".join(failed or ["no source is given"]))

    def _file(self, source: str, wanted: Remote) -> Path:
        folder = folder_of(source)
        return _download(source, wanted, self.cache, self.bar) if folder is None else _found(folder, wanted)

    @contextlib.contextmanager
    def _member(self, archive: Remote, name: str) -> Iterator[IO[bytes]]:
        unpacked = Remote(name, archive.members[name])

        def locate(source: str) -> Path:
            folder = folder_of(source)
            with contextlib.suppress(FileNotFoundError):
                if folder is not None:
                    return _found(folder, unpacked)
            return self._file(source, archive)

        path = self._first(archive.name, locate)
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
        except (KeyError, tarfile.TarError, EOFError) as error:
            raise ArtifactError(f"{path}: {' '.join(str(error).split())}") from error


def _found(folder: Path, wanted: Remote) -> Path:
    """The file in the folder or a little below it. Raises FileNotFoundError, or ArtifactError for another hash."""
    if not folder.is_dir():
        raise FileNotFoundError("no such folder")
    for path in below(folder, wanted.name):
        _check(path, pooch.file_hash(path, alg="md5"), wanted.md5)
        return path
    raise FileNotFoundError(f"no {wanted.name} in it")


def _download(source: str, wanted: Remote, cache: Path, bar: Callable[[str], Any]) -> Path:
    pooch.get_logger().setLevel(logging.ERROR)
    mirror = pooch.create(
        path=cache,
        base_url=source if source.endswith("/") else f"{source}/",
        registry={wanted.name: f"md5:{wanted.md5}"},
        retry_if_failed=RETRIES,
    )
    downloader = pooch.HTTPDownloader(progressbar=bar(wanted.name), chunk_size=CHUNK, timeout=60)
    return Path(mirror.fetch(wanted.name, downloader=downloader))


def _check(name: object, found: str, expected: str) -> None:
    if found != expected:
        raise ArtifactError(f"{name}: found MD5 {found}, expected {expected}")
