"""Attacks on densities, which a test of log p(x) may detect (Fetaya et al. 2020, table 2; Mackowiak et al. 2021).

Every test is asked about every attack, whether the attack evades it or not. Both are the judge's: the decision, and
log p(x), which is compared with that of training images by the model's own likelihood.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sbgc import units
from sbgc.artifacts import ArtifactError, Matrix
from sbgc.config.attacked import CLEAN, Detection
from sbgc.maths import metrics, roc, typicality
from sbgc.maths.acceptance import TESTS, Band, band
from sbgc.procedures.tables import matrices, statistics
from sbgc.procedures.tables.adversarial_table import ROUNDING
from sbgc.procedures.tables.statistics import Statistics

FACTS = ("attack", "method", "norm", "evades", "confidence", "detector_weight")  # columns of an attacked split
COLUMNS = ("norm_linf", "norm_l2", *FACTS)


def detection_table(
    judged: Sequence[Matrix], references: Sequence[Matrix], settings: Detection, intervals: Statistics
) -> pd.DataFrame:
    """A row for each model, seed, attack and test of log p(x).

    misled: the share of images that the judge has wrong, before the attack or after a perturbation within `within`;
    undetected: that it has wrong while the test accepts the image, too. Where the settings give the attack's norm no
    bound, all perturbations count. Wilson's intervals. size_mean and size_median: of the perturbations that mislead, in
    the norm of the attack; auroc: how well the test tells these attacked images from all of them before the attack.
    They are NaN where an attack misleads nothing. false_positives: the share of images before the attacks that the test
    calls outliers. A classifier has no log p(x): what a test makes of its images is NaN. Raises ArtifactError for a
    matrix without columns of attacks, or of a density that has no reference.
    """
    found = []
    for trained in dict.fromkeys(map(matrices.of_model, judged)):
        mine = [matrix for matrix in judged if matrices.of_model(matrix) == trained]
        images, reference = pd.concat(map(_images, mine)), _reference(mine[0], references, settings)
        table = pd.DataFrame(list(_rows(images, reference, mine[0].meta["dim"], settings, intervals)))
        facts = {"num_images": int((images["attack"] == CLEAN).sum()), "draws": mine[0].scores.shape[2]}
        facts |= {"num_reference": len(reference), "wanted_false_positive_rate": settings.false_positive_rate}
        found.append(matrices.tidy(mine[0], table.assign(**facts, ci_level=intervals.confidence)))
    return pd.concat(found, ignore_index=True)


def _reference(matrix: Matrix, references: Sequence[Matrix], settings: Detection) -> np.ndarray:
    """log p(x) of the training images that a model's tests compare with; nothing of a classifier."""
    if not matrices.is_density(matrix):
        return np.empty(0)
    for one in references:
        if matrices.of_model(one) == matrices.of_model(matrix):
            return metrics.log_marginal(matrices.class_scores(one))
    model, seed = matrices.of_model(matrix)
    raise ArtifactError(f"{settings.reference}: no matrix of {model} seed {seed}")


def _images(matrix: Matrix) -> pd.DataFrame:
    """A row for each judged image."""
    if missing := [name for name in COLUMNS if name not in matrix.columns]:
        raise ArtifactError(f"{matrix.meta['evaluation']}: no column {', '.join(missing)}")
    scores = matrices.class_scores(matrix)
    facts = {name: matrix.columns[name] for name in COLUMNS} | {"index": matrix.index}
    wrong = ~metrics.correct(scores, matrices.labels(matrix)).astype(bool)
    log_prob = metrics.log_marginal(scores) if matrices.is_density(matrix) else np.full(len(wrong), np.nan)
    return pd.DataFrame(facts | {"wrong": wrong, "log_prob": log_prob})


def _rows(
    images: pd.DataFrame, reference: np.ndarray, dim: int, settings: Detection, intervals: Statistics
) -> Iterator[dict[str, Any]]:
    before = images[images["attack"] == CLEAN].set_index("index")
    for attack in [name for name in images["attack"].unique() if name != CLEAN]:
        attacked = images[images["attack"] == attack]
        facts = attacked.iloc[0][list(FACTS)].to_dict()
        attacked = attacked.assign(size=attacked[f"norm_{facts['norm']}"])
        bound = settings.within.get(facts["norm"], np.inf)
        near = pd.concat([before.reset_index(), attacked[attacked["size"] <= bound * (1.0 + ROUNDING)]])
        misled, least = near[near["wrong"]], _least(attacked)
        known = facts | {"within": bound} | _share("misled", before, misled, intervals) | _sizes(least, intervals)
        for test in TESTS:
            row = known | {"test": test}
            if len(reference):
                accepted = band(test, reference, settings.false_positive_rate)
                row |= _tested(before, misled, accepted, dim, intervals)
                row |= _area(before, least, test, reference, intervals)
            yield row


def _share(name: str, before: pd.DataFrame, reached: pd.DataFrame, intervals: Statistics) -> dict[str, float]:
    """The share of images that are among those that reached a goal."""
    share = statistics.proportion(before.index.isin(reached["index"]).astype(float), intervals)
    return dict(zip((name, f"{name}_ci_low", f"{name}_ci_high"), share, strict=True))


def _tested(
    before: pd.DataFrame, misled: pd.DataFrame, accepted: Band, dim: int, intervals: Statistics
) -> dict[str, float]:
    """What the test makes of the images that mislead, and of those before; its band in bits/dim."""
    # The low end in bits/dim is the high end of log p(x).
    low, high = (float(units.bits_per_dim(value, dim)) for value in (accepted.high, accepted.low))
    called = 1.0 - accepted.accepts(before["log_prob"].to_numpy()).mean()
    undetected = misled[accepted.accepts(misled["log_prob"].to_numpy())]
    ends = {"accepted_low_bits_per_dim": low, "accepted_high_bits_per_dim": high, "false_positives": float(called)}
    return ends | _share("undetected", before, undetected, intervals)


def _least(attacked: pd.DataFrame) -> pd.DataFrame:
    """Of each image the smallest perturbation that misleads."""
    return attacked[attacked["wrong"]].sort_values("size").drop_duplicates("index").sort_values("index")


def _sizes(least: pd.DataFrame, intervals: Statistics) -> dict[str, float]:
    """Of the perturbations that mislead."""
    found = statistics.NOTHING if least.empty else statistics.mean(least["size"].to_numpy(), intervals)
    sizes = dict(zip(("size_mean", "size_ci_low", "size_ci_high"), found, strict=True))
    return sizes | {"size_median": float(least["size"].median()), "num_misled": len(least)}


def _area(
    before: pd.DataFrame, least: pd.DataFrame, test: str, reference: np.ndarray, intervals: Statistics
) -> dict[str, float]:
    """How well the test tells attacked images from those before, of which they are made."""
    places = {index: place for place, index in enumerate(before.index)}
    clean, outside = (_suspicion(test, part["log_prob"].to_numpy(), reference) for part in (before, least))
    of_clean, of_outside = (np.array([places[index] for index in part]) for part in (before.index, least["index"]))
    area = statistics.NOTHING
    if len(outside):
        area = statistics.Interval(*roc.area(clean, outside, of_clean, of_outside, intervals.confidence))
    return dict(zip(("auroc", "auroc_ci_low", "auroc_ci_high"), area, strict=True))


def _suspicion(test: str, log_prob: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Larger where the test finds an image more unlike training images."""
    return -log_prob if test == "likelihood" else typicality.distances(log_prob, reference)
