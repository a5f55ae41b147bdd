"""What all command lines share: typed paths in, one line on standard error when something is wrong.

A refused file, a full disk, too little memory and a missing device are each told as what they are. A programming error
keeps its traceback.
"""

import argparse
import errno
import functools
import gc
import os
import sys
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from sbgc import runtime
from sbgc.artifacts import ArtifactError, one_line

OUT_OF_MEMORY = (
    "lower execution.memory_mib or batch_size for an evaluation, batch_size for an attack, "
    "raise training.accumulation for a training"
)
# Faults of a file, a folder or a disk; a user can mend them, and only needs to know where.
OF_FILES = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
)
TOLD = (ArtifactError, FloatingPointError, MemoryError, OSError, RuntimeError, AssertionError)
Convert = Callable[[str], object]


def parse(doc: str | None, argv: Sequence[str] | None, **options: Convert | list[Convert]) -> argparse.Namespace:
    """Parse required `--name value` options; options[name] converts the value, [convert] takes one or more values."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, convert in options.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(convert, list):
            parser.add_argument(flag, type=_told(convert[0]), nargs="+", required=True)
        else:
            parser.add_argument(flag, type=_told(convert), required=True)
    return parser.parse_args(argv)


def _told(convert: Convert) -> Convert:
    """The conversion; JSON that it refuses is told by its first mistake and where that stands."""

    @functools.wraps(convert, updated=())  # argparse tells the name of a type
    def converted(value: str) -> object:
        try:
            return convert(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            fault = f"{place}: {first['msg']}" if place else first["msg"]
            raise argparse.ArgumentTypeError(f"{value[:60]!r} is not the JSON of {error.title}: {fault}") from None

    return converted


def run(main: Callable[[], None]) -> None:
    """Call a step's main; what a user can mend is one line on standard error, with exit status 1."""
    gc.set_threshold(runtime.GARBAGE)
    try:
        main()
    except TOLD as error:
        reason = _reason(error)
        if reason is None:
            raise
        sys.exit(f"{sys.argv[0].rsplit('/', 1)[-1].removesuffix('.py')}: {reason}")


def _reason(error: BaseException) -> str | None:
    """The one line that tells of an error; None of an error in the program."""
    if isinstance(error, ArtifactError | FloatingPointError):
        return str(error)
    # XLA knows no other kind of error than RuntimeError, and says in its message which it is.
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" in str(error)):
        return f"out of memory: {OUT_OF_MEMORY}: {one_line(error)}"
    if isinstance(error, OSError):
        path = error.filename2 or error.filename
        return f"{path}: {error.strerror}" if path is not None and error.errno in OF_FILES else None
    if isinstance(error, RuntimeError | AssertionError) and _no_device(error):
        found = one_line(error) if str(error) else "there is none, or JAX's plugin for it is not installed"
        return f"no device: JAX_PLATFORMS={os.environ.get('JAX_PLATFORMS', '')!r}: {found}"
    return None


def _no_device(error: BaseException) -> bool:
    """Whether JAX found no device. Of a platform whose plugin is not installed it only says AssertionError."""
    if isinstance(error, RuntimeError):
        return "Unable to initialize backend" in str(error)
    jax = sys.modules.get("jax")
    if jax is None:
        return False
    try:
        jax.devices()
    except (RuntimeError, AssertionError):
        return True
    return False
