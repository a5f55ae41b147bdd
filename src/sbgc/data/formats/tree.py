"""What a folder of images holds: classes and their files. Anything else in it is refused by name.

Each class is a sub-folder. Where the folder holds both `train` and `test`, the classes are the sub-folders of these.

Classes come in natural order: by number where all names are whole numbers, otherwise as text sorts. The files of a
class come in the order of their names. Names that begin with a dot are hidden: they are skipped and counted.

No file is opened here, so that a named pipe cannot make the reader wait.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sbgc.artifacts import ArtifactError

PARTS = ("train", "test")
CLASSES = "expected a sub-folder for each class, or train and test with a sub-folder for each class"
KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISREG, "a file"),
)


class Tree(NamedTuple):
    """The names of the classes, and the files of each class in each part: the whole folder, or train and test."""

    names: tuple[str, ...]
    parts: tuple[tuple[tuple[Path, ...], ...], ...]
    hidden: int

    def files(self) -> Iterator[Path]:
        """All files, part by part and class by class."""
        return (path for part in self.parts for of_class in part for path in of_class)


def tree(root: Path) -> Tree:
    """What the folder holds. Raises ArtifactError naming the first thing that is neither a class nor an image file."""
    top, hidden = _entries(root)
    cut = all(name in top and stat.S_ISDIR(top[name]) for name in PARTS)
    if cut and (others := sorted(top.keys() - set(PARTS))):
        raise refusal(root / others[0], "found beside train and test, expected these two alone")
    folders = [root / name for name in PARTS] if cut else [root]
    classes = []
    for folder in folders:
        found, more = _entries(folder) if cut else (top, 0)
        classes.append(_class_names(folder, found))
        hidden += more
    _refuse_other_classes(root, classes)
    parts = []
    for folder in folders:
        listed = [_files(folder / name) for name in classes[0]]
        parts.append(tuple(files for files, _ in listed))
        hidden += sum(more for _, more in listed)
    return Tree(tuple(classes[0]), tuple(parts), hidden)


def is_folder(path: Path) -> bool:
    """Whether a path that should be a folder or a plain file is a folder. Raises ArtifactError where it is neither."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise cannot_be_read(path, error) from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise refusal(path, f"{_kind(mode)}, expected a folder of images or an .npz")
    return stat.S_ISDIR(mode)


def natural_order(names: list[str]) -> list[str]:
    """Sorted by number where all names are whole numbers ("9" before "10"), otherwise as text."""
    numbers = all(name.isascii() and name.isdigit() for name in names)
    return sorted(names, key=lambda name: (int(name) if numbers else 0, name))


def refusal(path: Path, found: str) -> ArtifactError:
    """The error that names a path, on one line even where its name holds line breaks or bytes that are no text."""
    return ArtifactError(f"{path if str(path).isprintable() else ascii(str(path))}: {found}")


def cannot_be_read(path: Path, error: OSError) -> ArtifactError:
    """The error for a path that the system refuses to read."""
    return refusal(path, f"cannot be read: {error.strerror or error}")


def _entries(folder: Path) -> tuple[dict[str, int], int]:
    """The mode of everything visible in a folder, links followed, by name; and how many hidden names it has."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise cannot_be_read(folder, error) from error
    visible = [entry for entry in entries if not entry.name.startswith(".")]
    return {entry.name: _mode(folder, entry) for entry in visible}, len(entries) - len(visible)


def _mode(folder: Path, entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_mode
    except OSError as error:
        path = folder / entry.name
        if error.errno == errno.ENOENT:
            raise refusal(path, "a link to something that does not exist") from error
        if error.errno == errno.ELOOP:
            raise refusal(path, "a link that leads back to itself") from error
        raise cannot_be_read(path, error) from error


def _class_names(folder: Path, found: dict[str, int]) -> list[str]:
    for name, mode in found.items():
        if not stat.S_ISDIR(mode):
            raise refusal(folder / name, f"{_kind(mode)}, {CLASSES}")
        if not name.isprintable():
            raise refusal(folder / name, "the name of a class must be printable text")
    if not found:
        raise refusal(folder, f"holds nothing; {CLASSES}")
    return natural_order(list(found))


def _refuse_other_classes(root: Path, classes: list[list[str]]) -> None:
    for part, names, others in zip(PARTS, classes, reversed(classes), strict=False):
        if missing := [name for name in others if name not in set(names)]:
            raise refusal(root, f"{part} and {_other(part)} have different classes: {part} has no {missing[0]!r}")


def _other(part: str) -> str:
    return PARTS[1 - PARTS.index(part)]


def _files(folder: Path) -> tuple[tuple[Path, ...], int]:
    found, hidden = _entries(folder)
    for name, mode in found.items():
        if not stat.S_ISREG(mode):
            raise refusal(folder / name, f"{_kind(mode)} in the class {folder.name!r}, expected images alone")
    if not found:
        raise refusal(folder, "holds no image")
    return tuple(folder / name for name in found), hidden


def _kind(mode: int) -> str:
    return next((kind for holds, kind in KINDS if holds(mode)), "a device")
