"""Files that are here already: in folders that a person names, and where fetched ones are kept."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

BELOW = ("", "*/", "*/*/")  # where in a folder a file is looked for


def folder_of(source: str) -> Path | None:
    """The folder that a source is; None for an address on a network."""
    parts = urlparse(source)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme in ("http", "https", "ftp") else Path(source).expanduser()


def below(folder: Path, name: str) -> Iterator[Path]:
    """The files of that name in the folder or a little below it, nearest first."""
    return (path for where in BELOW for path in sorted(folder.glob(f"{where}{name}")))


def at_hand(sources: Iterable[str], archive: str, members: Collection[str]) -> bool:
    """Whether a folder among the sources holds the archive, or all of its members unpacked."""
    folders = [folder for folder in map(folder_of, sources) if folder is not None]
    packed = any(any(below(folder, archive)) for folder in folders)
    return packed or any(all(any(below(folder, member)) for member in members) for folder in folders)
