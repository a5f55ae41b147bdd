"""A model's own likelihood procedure compared with a reference procedure, on the same images with the same noise."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.procedures.paper.table_writer import Column, Table
from sbgc.procedures.tables import matrices

OF_MODEL = ["experiment", "dataset", "split", "model", "seed"]
COLUMNS = [Column(name, name) for name in (*OF_MODEL, "quantity", "unit")]
COLUMNS += [Column("value", "value", ".4g"), Column("num_images", "images")]
HEADLINES = {
    ("mean |difference| of log p(x|y)", "bits/dim"),
    ("max |difference| of the class gap", "nats"),
    ("mean class gap of the reference", "nats"),
    ("same decision", "fraction"),
    ("network evaluations of the reference", "mean"),
    ("network evaluations of the own procedure", "mean"),
}
NOTES = [
    "Both procedures score the same single draw of dequantization noise of each image. Their other random numbers, "
    "such as trace probes, differ.",
    "The differences therefore include the noise of both estimates, and not only the error of the model's own "
    "procedure.",
    "The class gap of an image is the log p(x|y) of its best class minus that of its second best class.",
    "Network evaluations are those of one log p(x|y), averaged over images and classes.",
]


def crosscheck_table(own: Sequence[Matrix], reference: Sequence[Matrix]) -> pd.DataFrame:
    """One row per image and class: for both procedures, log p(x|y) of draw 0 in nats and its network evaluations.

    The columns fast_nats and fast_nfe are of the model's own procedure. Raises ArtifactError when a matrix of a model's
    own procedure has no reference matrix of the same model, seed and images.
    """
    return pd.concat([_pair(matrix, _partner(matrix, reference)) for matrix in own], ignore_index=True)


def agreement(table: pd.DataFrame) -> pd.DataFrame:
    """For each model and seed, one row per quantity: how much the two procedures differ, and what a solve costs."""
    parts = []
    for names, part in table.groupby(OF_MODEL, sort=False):
        parts.append(_agreement(part).assign(**dict(zip(OF_MODEL, names, strict=True))))
    return pd.concat(parts, ignore_index=True)[[column.name for column in COLUMNS]]


def digest(table: pd.DataFrame) -> Table:
    """The agreement as a table for machines and for readers."""
    rows = agreement(table).to_dict("records")
    return Table("The models' own likelihood procedure, compared with a reference procedure", COLUMNS, rows, NOTES)


def _partner(own: Matrix, reference: Sequence[Matrix]) -> Matrix:
    model, seed = matrices.of_model(own)
    for candidate in reference:
        same_shape = candidate.scores.shape[:2] == own.scores.shape[:2]
        same_model = matrices.of_model(candidate) == (model, seed)
        if same_model and same_shape and np.array_equal(candidate.index, own.index):
            return candidate
    raise ArtifactError(f"{own.meta['evaluation']}: no reference matrix of {model} seed {seed} with the same images")


def _pair(own: Matrix, reference: Matrix) -> pd.DataFrame:
    images, classes = own.scores.shape[:2]
    columns = {
        "split": [own.meta["split"]] * (images * classes),
        "dim": [own.meta["dim"]] * (images * classes),
        "index": np.repeat(own.index, classes),
        "label": np.repeat(own.labels, classes),
        "class": np.tile(np.arange(classes), images),
        "reference_nats": reference.scores[:, :, 0].ravel(),
        "fast_nats": own.scores[:, :, 0].ravel(),
        "reference_nfe": reference.nfe[:, :, 0].ravel(),
        "fast_nfe": own.nfe[:, :, 0].ravel(),
    }
    return matrices.tidy(own, pd.DataFrame(columns))


def _agreement(part: pd.DataFrame) -> pd.DataFrame:
    images = part["index"].nunique()
    reference, own = (part[name].to_numpy().reshape(images, -1) for name in ("reference_nats", "fast_nats"))
    error, gap_error = np.abs(own - reference), np.abs(_gap(own) - _gap(reference))
    bits = np.abs(units.bits_per_dim(error, int(part["dim"].iloc[0])))
    rows = [
        ("mean |difference| of log p(x|y)", "nats", error.mean()),
        ("max |difference| of log p(x|y)", "nats", error.max()),
        ("mean |difference| of log p(x|y)", "bits/dim", bits.mean()),
        ("max |difference| of log p(x|y)", "bits/dim", bits.max()),
        ("mean of own - reference", "nats", (own - reference).mean()),
        ("mean |difference| of the class gap", "nats", gap_error.mean()),
        ("max |difference| of the class gap", "nats", gap_error.max()),
        ("mean class gap of the reference", "nats", _gap(reference).mean()),
        ("same decision", "fraction", (own.argmax(axis=1) == reference.argmax(axis=1)).mean()),
        ("network evaluations of the reference", "mean", part["reference_nfe"].mean()),
        ("network evaluations of the own procedure", "mean", part["fast_nfe"].mean()),
    ]
    for name in ("bias", "rms"):
        error = part[f"grid_{name}_bits_per_dim"].mean()
        rows += [] if np.isnan(error) else [(f"error of the own procedure's grid: {name}", "bits/dim", error)]
    return pd.DataFrame(rows, columns=["quantity", "unit", "value"]).assign(num_images=images)


def _gap(log_prob: np.ndarray) -> np.ndarray:
    """The best class's log p(x|y) minus the second best's, in the procedure's own order."""
    ordered = np.sort(log_prob, axis=1)
    return ordered[:, -1] - ordered[:, -2]
