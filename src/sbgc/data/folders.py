"""Files that are on this machine already: in folders that a person names, or where downloads are kept."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlparse

BELOW = ("", "*/", "*/*/")  # where in a folder a file is looked for


def folder_of(source: str) -> Path | None:
    """The path that a source is, usually a folder; None for an address on a network."""
    parts = urlparse(source)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme in ("http", "https", "ftp") else Path(source).expanduser()


def names_of(member: str) -> list[str]:
    """The names under which an unpacked member of an archive may lie: with its folder in the archive, and without."""
    return list(dict.fromkeys([member, PurePosixPath(member).name]))


def below(folder: Path, name: str) -> Iterator[Path]:
    """The plain files of that name in the folder or up to two levels below it, nearest first.

    Where `folder` is itself a file of that name, the file.
    """
    if folder.is_file() and folder.name == name:
        yield folder
    for where in BELOW:
        # Only plain files: opening a named pipe would wait for ever.
        yield from (path for path in sorted(folder.glob(f"{where}{name}")) if path.is_file())


def at_hand(sources: Iterable[str], archive: str, members: Collection[str]) -> bool:
    """Whether a source on this machine holds the archive, or all of its members unpacked."""
    folders = [folder for folder in map(folder_of, sources) if folder is not None]
    return any(
        _holds(folder, [archive]) or all(_holds(folder, names_of(member)) for member in members) for folder in folders
    )


def _holds(folder: Path, names: Iterable[str]) -> bool:
    return any(any(below(folder, name)) for name in names)
