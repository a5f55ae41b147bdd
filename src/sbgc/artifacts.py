"""What the rules hand to each other: splits, matrices of class scores, tables.

Every write is atomic, no reader unpickles.
"""

import contextlib
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

SCHEMA_VERSION = 1
Arrays = dict[str, np.ndarray]


class ArtifactError(ValueError):
    """A file is not the artefact it should be; the message is one line that names it."""


@dataclass(frozen=True)
class Split:
    """A set of labelled images.

    images: uint8 or float32 [n, H, W, C] in grey levels 0..L-1 (float32 for attacked or interpolated ones), or the
    dequantized draws, float32 [n, draws, H, W, C] on [0, L). labels: int64 [n]. index: int64 [n], each image's number
    in the whole dataset. columns: what else is known of each image (severity, epsilon, ...), arrays [n]. meta: facts
    about the whole set.
    """

    images: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray | slice) -> "Split":
        """The images at `rows`, in that order."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Split(self.images[rows], self.labels[rows], self.index[rows], columns, self.meta)

    def shard(self, shard: int, num_shards: int) -> "Split":
        """The shard-th of num_shards contiguous ranges."""
        edges = np.linspace(0, len(self), num_shards + 1).round().astype(int)
        return self.take(slice(edges[shard], edges[shard + 1]))


@dataclass(frozen=True)
class Matrix:
    """Class scores of a split: float64 [n, classes, draws]; log p(x|y) in nats for a density, logits for a classifier.

    nfe: int64 [n, classes, draws], network evaluations. labels, index, columns, meta as in the split.
    """

    scores: np.ndarray
    nfe: np.ndarray
    labels: np.ndarray
    index: np.ndarray
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed to it on success and removed on failure: nothing half-written stays."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_split(path: str | Path, split: Split) -> None:
    """Write a split; equal splits give equal bytes."""
    arrays = {"images": split.images, "labels": split.labels, "index": split.index}
    _write(path, "split", arrays, split.columns, split.meta)


def read_split(path: str | Path) -> Split:
    """Read a split. Raises ArtifactError when the file is not one."""
    arrays, columns, meta = _read(path, "split", ("images", "labels", "index"))
    return Split(**arrays, columns=columns, meta=meta)


def write_matrix(path: str | Path, matrix: Matrix) -> None:
    """Write a matrix of class scores; equal matrices give equal bytes."""
    arrays = {"scores": matrix.scores, "nfe": matrix.nfe, "labels": matrix.labels, "index": matrix.index}
    _write(path, "matrix", arrays, matrix.columns, matrix.meta)


def read_matrix(path: str | Path) -> Matrix:
    """Read a matrix of class scores. Raises ArtifactError when the file is not one."""
    arrays, columns, meta = _read(path, "matrix", ("scores", "nfe", "labels", "index"))
    return Matrix(**arrays, columns=columns, meta=meta)


def write_table(path: str | Path, table: "pd.DataFrame", manifest: dict[str, Any] | None = None) -> None:
    """Write a tidy table as parquet, units in the column names; the manifest is read back as `table.attrs`."""
    if manifest is not None:
        table.attrs["manifest"] = manifest
    with atomic_path(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a tidy table. Raises ArtifactError when the file is not one."""
    import pandas as pd  # here, since it takes longer to import than most steps that touch no table take to run

    try:
        return pd.read_parquet(path)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not a table: {str(error).splitlines()[0]}") from error


def write_json(path: str | Path, value: object) -> None:
    """Write JSON with sorted keys."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_json(path: str | Path) -> Any:
    """Read JSON. Raises ArtifactError when the file holds something else."""
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path}: not JSON: {error}") from error


def _write(path: str | Path, kind: str, arrays: Arrays, columns: Arrays, meta: dict[str, Any]) -> None:
    header = json.dumps({"schema": SCHEMA_VERSION, "kind": kind, "meta": meta}, sort_keys=True)
    labelled = {f"column.{name}": values for name, values in columns.items()}
    members = arrays | labelled | {"header": np.array(header)}
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(members):
            # A fixed date, where np.savez would write the clock's: the same arrays give the same bytes.
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(members[name], order="C"), allow_pickle=False)


def _read(path: str | Path, kind: str, names: tuple[str, ...]) -> tuple[Arrays, Arrays, dict[str, Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name.removesuffix(".npy"): _array(archive, name) for name in archive.namelist()}
        header = json.loads(str(members.pop("header")))
        found, meta = (header["kind"], header["schema"]), header["meta"]
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: no such file") from error
    except Exception as error:  # damaged bytes make zipfile, zlib, json and NumPy raise a dozen kinds of error
        raise ArtifactError(f"{path}: not a {kind} artefact: {' '.join(str(error).split())}") from error
    if found != (kind, SCHEMA_VERSION):
        expected = f"{kind} of schema {SCHEMA_VERSION}"
        raise ArtifactError(f"{path}: found {found[0]} of schema {found[1]}, expected {expected}")
    if missing := sorted(set(names) - members.keys()):
        raise ArtifactError(f"{path}: {kind} artefact without {', '.join(missing)}")
    arrays = {name: members.pop(name) for name in names}
    return arrays, {name.removeprefix("column."): values for name, values in members.items()}, meta


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)
