"""Tidy tables as Parquet files with a checksum.

Parquet's own checksums cover its pages, and neither its footer nor the names, types and facts in it. So the SHA-256 of
all other bytes stands between the data and the footer, where no reader of Parquet looks: any program reads the file.
"""

import hashlib
import io
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sbgc.artifacts.atomic import atomic_path
from sbgc.artifacts.errors import ArtifactError, one_line, reading
from sbgc.artifacts.members import FOLD, FREE

if TYPE_CHECKING:
    import pandas as pd

MAGIC = b"PAR1"  # a Parquet file's first and last bytes
MARK = b"sbgc sha256:"
CHECKSUM = len(MARK) + hashlib.sha256().digest_size


def write_table(path: str | Path, table: "pd.DataFrame", manifest: dict[str, Any] | None = None) -> None:
    """Write a tidy table, units in the column names; equal tables give equal bytes.

    The table's attrs are written with it, and the manifest among them: it is read back as `table.attrs["manifest"]`.
    """
    attrs = table.attrs | ({} if manifest is None else {"manifest": manifest})
    written = table.copy(deep=False)
    written.attrs = json.loads(json.dumps(attrs, sort_keys=True))  # pandas keeps the order and drops what is no JSON
    with atomic_path(path) as temporary:
        temporary.write_bytes(_with_checksum(written.to_parquet(index=False)))


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a tidy table. Raises ArtifactError when the file is not one, or a bit of it has changed."""
    with reading(path) as file:
        content = file.read_bytes()
        try:
            _check(content)
            return _table(content)
        except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:  # of Arrow, for odd contents
            raise ArtifactError(f"not a table: {one_line(error)}") from error


def _with_checksum(parquet: bytes) -> bytes:
    data, footer = _parts(parquet)
    return data + MARK + hashlib.sha256(data + footer).digest() + footer


def _check(content: bytes) -> None:
    data, footer = _parts(content)
    data, checksum = data[:-CHECKSUM], data[-CHECKSUM:]
    if not checksum.startswith(MARK):
        raise ArtifactError("it has no checksum: it is damaged, or was not written by this version of sbgc")
    if checksum != MARK + hashlib.sha256(data + footer).digest():
        raise ArtifactError("it is damaged: its checksum is another")


def _parts(parquet: bytes) -> tuple[bytes, bytes]:
    """The data, and the footer with its length (four bytes) and the magic number."""
    if len(parquet) < 12 or not parquet.startswith(MAGIC) or not parquet.endswith(MAGIC):
        raise ArtifactError("it does not begin and end as a Parquet file does")
    (length,) = struct.unpack("<I", parquet[-8:-4])
    start = max(0, len(parquet) - 8 - length)
    return parquet[:start], parquet[start:]


def _table(content: bytes) -> "pd.DataFrame":
    import pandas as pd  # here, since importing it takes longer than most steps that touch no table
    from pyarrow import parquet

    facts = parquet.read_metadata(io.BytesIO(content))
    promised = 8 * facts.num_rows * facts.num_columns  # bytes, of numbers
    if promised > max(FREE, FOLD * len(content)):
        raise ArtifactError(f"{len(content)} bytes that would unpack to {promised}, more than {FOLD} times as many")
    # Arrow's threads may still hold the bytes when Python ends, and then abort it (apache/arrow issue 34314).
    return pd.read_parquet(io.BytesIO(content), use_threads=False, pre_buffer=False)
