"""A file that is not what it should be is refused in one line that names it."""

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class ArtifactError(ValueError):
    """A file is not the artefact it should be; the message is one line."""


def one_line(error: BaseException) -> str:
    """The message of an error on one line, at most 300 characters; the error's name where it has no message."""
    return " ".join(str(error).split())[:300] or type(error).__name__


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[Path]:
    """A block that reads the file at `path` and nothing else: what goes wrong with the file is refused by its name.

    Raises ArtifactError, with the path in front, when the block raises one, when the path is not a regular file (to
    open a named pipe would wait for ever), and when the system cannot open or read it. Other errors pass.
    """
    try:
        kind = stat.S_IFMT(Path(path).stat().st_mode)
        if kind != stat.S_IFREG:
            raise ArtifactError(f"is {KINDS.get(kind, 'of an unknown kind')}, expected a regular file")
        yield Path(path)
    except ArtifactError as error:
        raise ArtifactError(f"{path}: {error}") from error
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file") from error
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror or one_line(error)}") from error
