"""What the rules hand to each other: splits, calibrations, matrices of class scores, tables and JSON.

Every write is atomic, and equal values give equal bytes. No reader unpickles anything.
"""

from sbgc.artifacts.atomic import atomic_path
from sbgc.artifacts.calibrations import Calibration, calibration_of, read_calibration, write_calibration
from sbgc.artifacts.errors import ArtifactError, one_line, reading
from sbgc.artifacts.json_files import read_json, write_json
from sbgc.artifacts.matrices import Matrix, read_matrix, write_matrix
from sbgc.artifacts.npz import SCHEMA_VERSION
from sbgc.artifacts.splits import Split, read_split, write_split, write_stored_split
from sbgc.artifacts.stored_images import StoredImages, write_images
from sbgc.artifacts.tables import read_table, write_table
from sbgc.artifacts.weights import Weights, read_weights, write_weights

__all__ = [
    "SCHEMA_VERSION",
    "ArtifactError",
    "Calibration",
    "Matrix",
    "Split",
    "StoredImages",
    "Weights",
    "atomic_path",
    "calibration_of",
    "one_line",
    "read_calibration",
    "read_json",
    "read_matrix",
    "read_split",
    "read_table",
    "read_weights",
    "reading",
    "write_calibration",
    "write_images",
    "write_json",
    "write_matrix",
    "write_split",
    "write_stored_split",
    "write_table",
    "write_weights",
]
