"""The table of attacks that a test of log p(x) detects, on scores that are made up."""

import dataclasses

import numpy as np
import pytest
from hand_matrices import SETTINGS, matrix, together
from hand_matrices import attacked as columns_of

from sbgc.artifacts import ArtifactError
from sbgc.config.attacked import Detection
from sbgc.procedures.paper import table_writer
from sbgc.procedures.paper.detection_page import detection_page
from sbgc.procedures.tables.detection_table import detection_table

DETECTION = Detection(reference="train", false_positive_rate=0.1, within={"l2": 1.0})
# Nineteen training images with log p(x) = -9.5, -9.0, ..., -0.5, whose mean is -5. At a rate of 2/20 likelihoods from
# the second smallest on pass, -9.0, and distances from the mean up to the second largest, 4.5.
REFERENCE = matrix(
    np.repeat(-0.5 * np.arange(1, 20)[:, None], 2, axis=1), labels=np.zeros(19, int), split="train", evaluation="train"
)


def scored(log_prob, wrong, columns, **facts):
    """log p(x) of each image, decided by 40 nats, so that it is the larger of both classes' but for log 2."""
    scores = np.where(np.asarray(wrong)[:, None], [[-40.0, 0.0]], [[0.0, -40.0]]) + np.log(2.0)
    more = {"evades": ["none"] * len(wrong)} | {
        name: [np.nan] * len(wrong) for name in ("confidence", "detector_weight")
    }
    return matrix(
        scores + np.asarray(log_prob)[:, None],
        labels=np.zeros(len(wrong), int),
        columns=more | columns,
        evaluation="attacks",
        **facts,
    )


BEFORE = scored([-5.0, -4.0, -6.0, -5.5], [False, False, False, True], columns_of("none", np.zeros(4)))
NAN = [np.nan] * 4


def attack(size, log_prob=(-5.0, -9.6, -0.3, -20.0), wrong=(True, True, True, True), name="cw_l2"):
    """An attack on the least perturbation. Only the first image stays an ordinary one; the third is too likely."""
    return scored(log_prob, wrong, columns_of("l2", NAN, attack=name, size=size))


def row(table, test, name="cw_l2"):
    (found,) = table[(table["test"] == test) & (table["attack"] == name)].to_dict("records")
    return found


def test_what_counts_is_misled_within_the_bound_and_accepted_by_the_test():
    """The second image is detected by both, the third by typicality alone, and the fourth is wrong before."""
    table = detection_table([together(BEFORE, attack([0.5, 0.5, 0.5, 0.5]))], [REFERENCE], DETECTION, SETTINGS)
    likelihood, typicality = row(table, "likelihood"), row(table, "typicality")
    assert likelihood["misled"] == typicality["misled"] == 1.0
    assert likelihood["undetected"] == 0.75
    assert typicality["undetected"] == 0.5
    assert likelihood["num_images"] == 4
    assert likelihood["false_positives"] == 0.0
    assert likelihood["within"] == 1.0


def test_a_perturbation_beyond_the_bound_counts_only_where_no_bound_is_given():
    judged = [together(BEFORE, attack([0.5, 0.5, 1.5, 0.5]))]
    found = row(detection_table(judged, [REFERENCE], DETECTION, SETTINGS), "likelihood")
    assert found["misled"] == 0.75
    assert found["size_mean"] == 0.75  # of all that mislead
    unbounded = detection_table(judged, [REFERENCE], DETECTION.model_copy(update={"within": {}}), SETTINGS)
    assert row(unbounded, "likelihood")["misled"] == 1.0


def test_thresholds_are_those_of_the_p_values_in_bits_per_dim():
    """Of 19 reference images, the second smallest log p(x) is the last that passes at a rate of 2/20."""
    table = detection_table([together(BEFORE, attack([0.5] * 4))], [REFERENCE], DETECTION, SETTINGS)
    found = row(table, "likelihood")
    nats = -found["accepted_high_bits_per_dim"] * 2 * np.log(2.0)
    assert nats == pytest.approx(-9.0)
    assert np.isneginf(found["accepted_low_bits_per_dim"])
    ends = row(table, "typicality")
    assert ends["accepted_low_bits_per_dim"] * -2 * np.log(2.0) == pytest.approx(-0.5)
    assert ends["accepted_high_bits_per_dim"] * -2 * np.log(2.0) == pytest.approx(-9.5)


def test_the_area_tells_attacked_images_from_those_before():
    """Less likely than all clean images: 1; alike: 1/2; of images that an attack fails on there is none."""
    lower = attack([0.5] * 4, log_prob=(-7.0, -8.0, -9.0, -7.5), name="lower")
    alike = attack([0.5] * 4, log_prob=(-5.0, -4.0, -6.0, -5.5), name="alike")
    fails = attack([0.5] * 4, wrong=(False,) * 4, name="fails")
    table = detection_table([together(BEFORE, lower, alike, fails)], [REFERENCE], DETECTION, SETTINGS)
    assert row(table, "likelihood", "lower")["auroc"] == 1.0
    assert row(table, "likelihood", "alike")["auroc"] == 0.5
    nothing = row(table, "likelihood", "fails")
    assert np.isnan([nothing["auroc"], nothing["size_mean"], nothing["size_median"]]).all()
    assert nothing["misled"] == 0.25  # the image that is wrong before
    assert nothing["num_misled"] == 0


def test_a_model_without_scores_of_training_images_is_named():
    with pytest.raises(ArtifactError, match="train: no matrix of score seed 0"):
        detection_table([together(BEFORE, attack([0.5] * 4))], [], DETECTION, SETTINGS)


def test_a_classifier_is_misled_and_no_test_says_anything_of_it():
    columns = columns_of("l2", NAN, attack="cw_l2", size=[0.5] * 4)
    logits = [scored([0.0] * 4, [True] * 4, columns), scored([0.0] * 4, [False] * 4, columns_of("none", np.zeros(4)))]
    facts = {"model": "resnet", "kind": "resnet", "scores": "logits", "likelihood": None, "grid": None}
    judged = [dataclasses.replace(one, meta=one.meta | facts) for one in logits]
    densities = [together(BEFORE, attack([0.5] * 4))]
    table = detection_table([*densities, together(*judged)], [REFERENCE], DETECTION, SETTINGS)
    found = table[table["model"] == "resnet"]
    assert set(found["misled"]) == {1.0}
    assert set(found["size_mean"]) == {0.5}
    assert found[["undetected", "auroc", "false_positives", "accepted_high_bits_per_dim"]].isna().all(axis=None)
    of_density, of_classifier = detection_page(table, []).rows
    assert of_density["undetected_by_typicality_percent"].value == 50.0
    assert of_classifier["undetected_by_typicality_percent"] is table_writer.Missing.NOT_APPLICABLE
    assert of_classifier["misled_percent"].value == 100.0


def test_the_page_has_the_numbers_of_the_table_and_says_where_none_exist():
    fails = attack([0.5] * 4, wrong=(False,) * 4, name="fails")
    table = detection_table([together(BEFORE, attack([0.5] * 4), fails)], [REFERENCE], DETECTION, SETTINGS)
    page = detection_page(table, [])
    first, second = page.rows
    assert first["misled_percent"].value == 100.0
    assert first["undetected_by_likelihood_percent"].value == 75.0
    assert first["undetected_by_typicality_percent"].value == 50.0
    assert second["auroc_of_likelihood_percent"] is table_writer.Missing.NOT_APPLICABLE
    assert "19 training images" in table_writer.markdown(page)
