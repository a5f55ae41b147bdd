"""Named arrays with a header, as a zip of .npy members: the container of splits and matrices.

The header is JSON in a member of its own: the schema's version, the kind of artefact, the names of its columns, and
facts about the whole (meta). Columns, one value or row an image, are members with `column.` before their name.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sbgc.artifacts.atomic import atomic_path
from sbgc.artifacts.errors import ArtifactError, one_line
from sbgc.artifacts.members import DAMAGE, Arrays, read_members

SCHEMA_VERSION = 1
COLUMN = "column."


class Content(NamedTuple):
    """What a file holds: the arrays its kind must have, columns under their own names, and facts about the whole."""

    arrays: Arrays
    columns: Arrays
    meta: dict[str, Any]


def write(path: str | Path, kind: str, content: Content) -> None:
    """Write the arrays; equal arrays give equal bytes, whatever their layout in memory. Objects are refused."""
    columns = {f"{COLUMN}{name}": values for name, values in content.columns.items()}
    header = {"schema": SCHEMA_VERSION, "kind": kind, "columns": sorted(content.columns), "meta": content.meta}
    members = content.arrays | columns | {"header": np.array(json.dumps(header, sort_keys=True))}
    # .npy files record Fortran's order as such, so the order is made the same first.
    ordered = {name: np.asarray(members[name], order="C") for name in sorted(members)}
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **ordered)


def read(path: Path, kind: str, names: tuple[str, ...], **others: tuple[str, ...]) -> Content:
    """The arrays called `names` and the rest as columns. Raises ArtifactError when the file is no such artefact.

    others: other kinds that the file may be of, and what their arrays are called.
    """
    try:
        members = read_members(path)
        header = _header(members)
    except DAMAGE as error:
        raise ArtifactError(f"not a {kind} artefact: {one_line(error)}") from error
    if header["kind"] in others:
        kind, names = header["kind"], others[header["kind"]]
    found, expected = f"{header['kind']} of schema {header['schema']}", f"{kind} of schema {SCHEMA_VERSION}"
    if found != expected:
        raise ArtifactError(f"found {found}, expected {expected}")
    if missing := sorted(set(names) - members.keys()):
        raise ArtifactError(f"{kind} artefact without {', '.join(missing)}")
    arrays = {name: members.pop(name) for name in names}
    columns = {name.removeprefix(COLUMN): values for name, values in members.items()}
    # A flipped bit in a zip's directory can hide a member; files of sbgc 0.1 do not say which columns they have.
    promised = header.get("columns", sorted(columns))
    if sorted(columns) != promised:
        raise ArtifactError(f"{kind} artefact with the columns {sorted(columns)}, expected {promised}")
    return Content(arrays, columns, header["meta"])


def check_rows(images: int, labels: np.ndarray, index: np.ndarray, columns: Arrays) -> None:
    """Raise ArtifactError unless labels and index are numbers >= 0 [images] and each column has `images` rows."""
    for name, values in (("labels", labels), ("index", index)):
        if values.ndim != 1 or (images and values.dtype.kind not in "iu"):
            raise ArtifactError(f"{name} are {values.dtype} {list(values.shape)}, expected whole numbers [{images}]")
        if len(values) != images:
            raise ArtifactError(f"{images} images, but {len(values)} {name}")
        if images and values.min() < 0:
            raise ArtifactError(f"{name}: found {values.min()}, expected numbers from 0 on")
    for name, values in columns.items():
        if values.shape[:1] != (images,):
            shape = list(values.shape)
            raise ArtifactError(f"column {name} has shape {shape}, expected a row for each of {images} images")


def _header(members: Arrays) -> dict[str, Any]:
    if "header" not in members:
        raise ArtifactError(f"it has no 'header' among {', '.join(map(repr, sorted(members))) or 'no members'}")
    header = json.loads(str(members.pop("header")))
    if not isinstance(header, dict) or not {"schema", "kind", "meta"} <= header.keys():
        raise ArtifactError("its header lacks schema, kind or meta")
    if not isinstance(header["meta"], dict):
        raise ArtifactError("its header's meta is not an object")
    return header
