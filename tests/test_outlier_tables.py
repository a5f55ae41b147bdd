from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hand_matrices import SETTINGS, corruption, matrix

from sbgc.artifacts import ArtifactError
from sbgc.maths import roc, typicality
from sbgc.procedures.tables import outlier_tables
from sbgc.procedures.tables.outlier_tables import MAIN

RANDOM = np.random.default_rng(0)
REFERENCE, CLEAN, FOG, ODD = (RANDOM.normal(size=(n, 3)) - shift for n, shift in ((30, 0), (8, 0), (8, 1), (5, 4)))


def of(scores, index=None, labels=None, **arguments):
    n = len(scores)
    return matrix(
        scores, np.zeros(n, int) if labels is None else labels, np.arange(n) if index is None else index, **arguments
    )


def found(fog="fog", reference=REFERENCE):
    """Training, clean, corrupted (two severities of four images) and odd images of one model."""
    damaged = corruption(fog, np.repeat([1, 2], 4), "CIFAR-10-C style")
    odd = {"set": np.array(["shuffled"] * 3 + ["mnist"] * 2), "altered": np.array([True] * 3 + [False] * 2)}
    return [
        of(reference, np.arange(30) + 100, split="train", evaluation="train"),
        of(CLEAN),
        of(FOG, np.tile(np.arange(4), 2), columns=damaged, split="corruptions", evaluation="corruptions"),
        of(ODD, [0, 1, 2, 0, 1], columns=odd, split="outliers", evaluation="outliers", labeled=False),
    ]


def lengths(fog="fog"):
    rows = [("train", 0, 100 + one, 500 + one) for one in range(30)] + [("clean", 0, one, 400) for one in range(8)]
    rows += [(fog, severity, one, 300) for severity in (1, 2) for one in range(4)]
    rows += [("shuffled", 0, one, 900) for one in range(3)] + [("mnist", 0, one, 100) for one in range(2)]
    return pd.DataFrame(rows, columns=["set", "severity", "index", "png_bits"])


IMAGES = outlier_tables.scored(found(), lengths())
TABLE = outlier_tables.outliers_table(found()[1], IMAGES, 0.05, SETTINGS).set_index(["set", "method"])


def marginal(scores):
    return np.log(np.exp(scores).mean(axis=1))


def test_every_set_has_its_area_by_every_score_and_the_corruptions_together_have_one():
    assert set(TABLE.index.get_level_values("set")) == {"fog", MAIN, "shuffled", "mnist"}
    assert TABLE.loc[("fog", "likelihood"), "group"] == "corruptions"
    pairs = marginal(FOG)[:, None] < marginal(CLEAN)[None, :]
    assert TABLE.loc[("fog", "likelihood"), "auroc"] == pytest.approx(pairs.mean())
    assert TABLE.loc[(MAIN, "likelihood"), "auroc"] == TABLE.loc[("fog", "likelihood"), "auroc"]


def test_typicality_is_the_distance_from_the_mean_of_the_training_images():
    away = {
        name: typicality.distances(marginal(one), marginal(REFERENCE)) for name, one in (("clean", CLEAN), ("odd", ODD))
    }
    pairs = away["odd"][:3, None] > away["clean"][None, :]
    assert TABLE.loc[("shuffled", "typicality"), "auroc"] == pytest.approx(pairs.mean())


def test_the_class_likelihood_and_the_length_of_the_file_are_scores_of_their_own():
    largest = ODD[3:].max(axis=1)[:, None] < CLEAN.max(axis=1)[None, :]
    assert TABLE.loc[("mnist", "class_likelihood"), "auroc"] == pytest.approx(largest.mean())
    odd, clean = (-marginal(one) / np.log(2) - bits for one, bits in ((ODD[3:], 100), (CLEAN, 400)))
    assert TABLE.loc[("mnist", "complexity"), "auroc"] == pytest.approx((odd[:, None] > clean[None, :]).mean())


def test_the_test_by_p_values_compares_with_training_images():
    scores = {name: -marginal(one) for name, one in (("reference", REFERENCE), ("clean", CLEAN), ("odd", ODD))}
    row = TABLE.loc[("shuffled", "likelihood")]
    called = roc.p_values(scores["odd"][:3], scores["reference"]) <= 0.05
    assert row["detected"] == called.mean()
    assert row["false_positive_rate"] == (roc.p_values(scores["clean"], scores["reference"]) <= 0.05).mean()
    assert (row["num_clean"], row["num_reference"], row["num_images"]) == (8, 30, 3)


def test_what_is_made_of_a_test_image_is_of_its_cluster_and_another_dataset_is_not():
    area = roc.area(-marginal(CLEAN), -marginal(FOG), np.arange(8), np.tile(np.arange(4), 2), 0.95)
    row = TABLE.loc[("fog", "likelihood")]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((area.low, area.high))
    apart = roc.area(-marginal(CLEAN), -marginal(ODD[3:]), np.arange(8), np.array([8, 9]), 0.95)
    assert TABLE.loc[("mnist", "likelihood"), "ci_low"] == pytest.approx(apart.low)


def test_extra_corruptions_do_not_count_among_the_main_ones():
    images = outlier_tables.scored(found("spatter"), lengths("spatter"))
    assert MAIN not in {name for _, name, _ in outlier_tables.sets(images)}


def test_all_images_are_scored_by_as_many_draws():
    first, clean, *others = found()
    doubled = replace(clean, scores=np.concatenate([clean.scores, clean.scores + 5.0], axis=2))
    doubled = replace(doubled, nfe=np.full(doubled.scores.shape, 59))
    pd.testing.assert_frame_equal(outlier_tables.scored([first, doubled, *others], lengths()), IMAGES)


def test_the_curve_has_the_area_of_the_table():
    curve = outlier_tables.roc_table(found()[1], IMAGES)
    one = curve[(curve["set"] == MAIN) & (curve["method"] == "likelihood")]
    assert one["detected"].iloc[-1] == 1.0
    assert np.trapezoid(one["detected"], one["false_positive_rate"]) == pytest.approx(
        TABLE.loc[(MAIN, "likelihood"), "auroc"], abs=0.1
    )


def test_an_image_without_a_length_is_refused_in_one_line():
    with pytest.raises(ArtifactError, match="^complexity table: no image 1 of mnist, severity 0$"):
        outlier_tables.scored(found(), lengths().iloc[:-1])
