import math
from dataclasses import replace

import numpy as np
import pytest
from hand_matrices import hand, matrix

from sbgc.artifacts import ArtifactError
from sbgc.procedures.paper import table_writer
from sbgc.procedures.tables.crosscheck_table import agreement, crosscheck_table, digest

OWN = np.array([[-1.0, -5.0], [-7.0, -4.0]])
REFERENCE = np.array(
    [[-1.0, -3.0], [-6.0, -7.0]]
)  # differences 0, 2, 1, 3; gaps 2 and 1, where the own ones are 4 and 3


def pair():
    own = matrix(OWN, labels=[0, 1], index=[4, 9], evaluation="crosscheck_own")
    reference = matrix(REFERENCE, labels=[0, 1], index=[4, 9], evaluation="crosscheck_reference")
    return own, replace(reference, nfe=np.array([[500, 520], [540, 560]])[:, :, None])


def quantities(table):
    return agreement(table).set_index(["quantity", "unit"])["value"]


def test_each_row_is_an_image_and_class_seen_by_both_procedures():
    own, reference = pair()
    table = crosscheck_table([own], [reference]).set_index(["index", "class"])
    row = table.loc[(9, 0)]
    assert (row["label"], row["fast_nats"], row["reference_nats"]) == (1, -7.0, -6.0)
    assert (row["fast_nfe"], row["reference_nfe"]) == (59, 540)
    assert len(table) == 4


def test_the_agreement_of_two_images_is_worked_out_by_hand():
    own, reference = pair()
    found = quantities(crosscheck_table([own], [reference]))
    assert found["mean |difference| of log p(x|y)", "nats"] == pytest.approx(1.5)
    assert found["max |difference| of log p(x|y)", "nats"] == pytest.approx(3.0)
    assert found["mean |difference| of log p(x|y)", "bits/dim"] == pytest.approx(1.5 / (2 * math.log(2)))
    assert found["mean of own - reference", "nats"] == pytest.approx((0 - 2 - 1 + 3) / 4)
    assert found["mean |difference| of the class gap", "nats"] == pytest.approx(2.0)
    assert found["mean class gap of the reference", "nats"] == pytest.approx(1.5)
    assert found["same decision", "fraction"] == 0.5
    assert found["network evaluations of the reference", "mean"] == 530.0
    assert found["network evaluations of the own procedure", "mean"] == 59.0


def test_a_constant_offset_changes_no_gap_and_no_decision():
    reference = hand(evaluation="crosscheck_reference")
    found = quantities(crosscheck_table([replace(reference, scores=reference.scores + 4.0)], [reference]))
    assert found["mean of own - reference", "nats"] == pytest.approx(4.0)
    assert found["max |difference| of the class gap", "nats"] == pytest.approx(0.0, abs=1e-12)
    assert found["same decision", "fraction"] == 1.0


def test_matrices_of_other_images_or_of_another_seed_are_refused():
    own, reference = pair()
    for other in (replace(reference, index=reference.index + 1), replace(reference, meta=reference.meta | {"seed": 1})):
        with pytest.raises(ArtifactError, match="crosscheck_own: no reference matrix of score seed 0"):
            crosscheck_table([own], [other])


def test_the_digest_shows_each_seed_apart():
    own, reference = pair()
    both = [[replace(one, meta=one.meta | {"seed": seed}) for seed in (0, 1)] for one in (own, reference)]
    made = digest(crosscheck_table(*both))
    assert table_writer.csv(made)["seed"].value_counts().to_dict() == {0: 13, 1: 13}
    assert "| same decision | fraction | 0.5 | 2 |" in table_writer.markdown(made)
    assert "| network evaluations of the reference | mean | 530 | 2 |" in table_writer.markdown(made)
    assert "| error of the own procedure's grid: rms | bits/dim | 0.002 | 2 |" in table_writer.markdown(made)


def test_without_a_calibrated_grid_its_error_is_left_out():
    own, reference = (replace(one, meta=one.meta | {"grid": None}) for one in pair())
    assert "error of the own procedure's grid" not in table_writer.markdown(
        digest(crosscheck_table([own], [reference]))
    )
