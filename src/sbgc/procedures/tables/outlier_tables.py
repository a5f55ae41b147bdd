"""How well each density tells outliers by its scores (Mackowiak et al. 2021, sections 3.3 and 4.3, table 3)."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from sbgc.artifacts import ArtifactError, Matrix
from sbgc.maths import metrics, roc, typicality
from sbgc.procedures.tables import matrices
from sbgc.procedures.tables.complexity import CLEAN, OF_IMAGE, TRAIN, sets_of
from sbgc.procedures.tables.corruption_error import EXTRA
from sbgc.procedures.tables.statistics import Statistics

MAIN = "main corruptions"  # all of CIFAR-10-C but its extra ones, together
RATES = np.linspace(0.0, 1.0, 101)  # at which a ROC curve is told
FOUND = ["auroc", "ci_low", "ci_high", "detected", "false_positive_rate", "num_images"]


def scored(matrix_of: Sequence[Matrix], lengths: pd.DataFrame) -> pd.DataFrame:
    """A row for each image of a model's matrices: its group, set, severity, index, log p, and length as a PNG file.

    log p(x) and the largest log p(x|y) are in nats, of as many draws as all matrices have. The group is what the
    evaluation is of: reference, test, corruptions or outliers; `own` tells whether an image is, or is made of, a test
    image. Raises ArtifactError for an image whose length is not known.
    """
    draws = min(matrix.scores.shape[2] for matrix in matrix_of)
    rows = pd.concat([_images(matrices.first_draws(matrix, draws)) for matrix in matrix_of], ignore_index=True)
    found = rows.merge(lengths, on=OF_IMAGE, how="left", validate="many_to_one")
    if (missing := found["png_bits"].isna()).any():
        name, severity, index = found.loc[missing, OF_IMAGE].iloc[0]
        raise ArtifactError(f"complexity table: no image {index} of {name}, severity {severity}")
    return found.assign(draws=draws)


def _images(matrix: Matrix) -> pd.DataFrame:
    scores, n = matrices.class_scores(matrix), len(matrix.index)
    plain = TRAIN if matrix.meta["split"] == TRAIN else CLEAN
    facts = {
        "group": plain if not matrix.columns else matrix.meta["evaluation"],
        "set": sets_of(matrix.columns, plain, n),
        "severity": matrix.columns.get("severity", np.zeros(n, np.int64)),
        "index": matrix.index,
        "own": matrix.columns.get("altered", np.full(n, plain == CLEAN)),
    }
    return pd.DataFrame(facts | {"log_prob": metrics.log_marginal(scores), "largest": scores.max(axis=1)})


def methods(images: pd.DataFrame) -> dict[str, np.ndarray]:
    """The scores of all images by method, each larger where an image looks more like an outlier.

    typicality: the distance of log p(x) from its mean over training images, to either side. likelihood: -log p(x).
    class_likelihood: -max_y log p(x|y). complexity: -log2 p(x) minus the bits of a PNG file (Serrà et al. 2020).
    """
    log_prob = images["log_prob"].to_numpy()
    return {
        "typicality": typicality.distances(log_prob, log_prob[images["group"] == TRAIN]),
        "likelihood": -log_prob,
        "class_likelihood": -images["largest"].to_numpy(),
        "complexity": -log_prob / np.log(2.0) - images["png_bits"].to_numpy(),
    }


def sets(images: pd.DataFrame) -> Iterator[tuple[str, str, np.ndarray]]:
    """The group, the name and the mask of each set of outliers; the main corruptions together come last of theirs."""
    for group in ("corruptions", "outliers"):
        of_group = (images["group"] == group).to_numpy()
        for name in images.loc[of_group, "set"].unique():
            yield group, name, of_group & (images["set"] == name).to_numpy()
        if group == "corruptions" and (main := of_group & ~images["set"].isin(EXTRA).to_numpy()).any():
            yield group, MAIN, main


def outliers_table(matrix: Matrix, images: pd.DataFrame, rate: float, settings: Statistics) -> pd.DataFrame:
    """A row for each set of outliers and each method: the area under the ROC curve, and a test by p-values.

    Outliers are told from the clean test images. `detected` is the share of outliers whose p-value against training
    images is at most `rate`, and `false_positive_rate` that of clean test images. matrix: tells which model it is.
    """
    clean, reference = ((images["group"] == group).to_numpy() for group in (CLEAN, TRAIN))
    clusters = _clusters(images)
    rows = []
    for method, scores in methods(images).items():
        called = roc.p_values(scores, scores[reference]) <= rate
        for group, name, outside in sets(images):
            area = roc.area(scores[clean], scores[outside], clusters[clean], clusters[outside], settings.confidence)
            found = (*area, called[outside].mean(), called[clean].mean(), int(outside.sum()))
            rows.append((group, name, method, *found))
    facts = {
        "wanted_false_positive_rate": rate,
        "num_clean": int(clean.sum()),
        "num_reference": int(reference.sum()),
        "draws": int(images["draws"].iloc[0]),
        "ci_level": settings.confidence,
        "split": "test",
    }
    return matrices.tidy(matrix, pd.DataFrame(rows, columns=["group", "set", "method", *FOUND]).assign(**facts))


def roc_table(matrix: Matrix, images: pd.DataFrame) -> pd.DataFrame:
    """The points of all ROC curves: the share of outliers detected at each false-positive rate on clean test images."""
    clean, parts = (images["group"] == CLEAN).to_numpy(), []
    for method, scores in methods(images).items():
        for group, name, outside in sets(images):
            found = roc.detected(scores[clean], scores[outside], RATES)
            points = {"false_positive_rate": RATES, "detected": found}
            parts.append(pd.DataFrame({"group": group, "set": name, "method": method, **points}))
    return matrices.tidy(matrix, pd.concat(parts, ignore_index=True))


def _clusters(images: pd.DataFrame) -> np.ndarray:
    """A number for each image of the world: what is made of a test image has that image's."""
    from_test = images["own"] | (images["group"] == "corruptions")
    names = np.where(from_test, CLEAN, images["set"].astype(str))
    return pd.DataFrame({"set": names, "index": images["index"]}).groupby(["set", "index"]).ngroup().to_numpy()
