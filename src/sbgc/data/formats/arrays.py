"""A user's dataset in one .npz: `images` and `labels`, or those of `train` and `test` in Keras' names."""

from pathlib import Path

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.data.labeled import Labeled, checked, joined

WHOLE, CUT = ("images", "labels"), ("x_train", "y_train", "x_test", "y_test")


def read(path: Path) -> Labeled:
    """The dataset; pickled objects are refused. Raises ArtifactError when the file holds anything else."""
    try:
        with np.load(path, allow_pickle=False) as found:
            names = sorted(found.files)
            arrays = {name: found[name] for name in names if name in (*WHOLE, *CUT)}
    except Exception as error:  # damaged bytes make zipfile, zlib and NumPy raise a dozen kinds of error
        raise ArtifactError(f"{path}: not an .npz of arrays: {' '.join(str(error).split())}") from error
    if set(CUT) <= set(arrays):
        train = checked(arrays["x_train"], arrays["y_train"], path)
        return joined(train, checked(arrays["x_test"], arrays["y_test"], path))
    if set(WHOLE) <= set(arrays):
        return checked(arrays["images"], arrays["labels"], path)
    raise ArtifactError(f"{path}: holds {', '.join(names)}; expected {', '.join(WHOLE)}, or {', '.join(CUT)}")
