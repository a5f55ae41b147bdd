import numpy as np
import pytest
from hand_matrices import SETTINGS, matrix

from sbgc.procedures.tables.label_tables import detection_table, histogram_table

LN2 = np.log(2.0)
# Bits/dim of 20 images with two dimensions with their right label; the wrong one costs half a bit/dim more.
RIGHT = np.arange(1.0, 21.0)
LABELS = np.arange(20) % 3


def scores(gap=0.5):
    """The right class, the best wrong class, and one that is far behind."""
    found = np.full((20, 3), -1000.0)
    found[np.arange(20), LABELS] = -2.0 * LN2 * RIGHT
    found[np.arange(20), (LABELS + 1) % 3] = -2.0 * LN2 * (RIGHT + gap)
    return found


def test_the_threshold_is_a_quantile_of_right_labels_and_the_share_is_what_lies_beyond_it_with_wrong_ones():
    """At 10 %: two of the right ones lie above 18 bits/dim, and three of the wrong ones, from 18.5 on."""
    (row,) = detection_table(matrix(scores(), labels=LABELS), [0.1], SETTINGS).to_dict("records")
    assert row["threshold_bits_per_dim"] == pytest.approx(18.0)
    assert row["detected"] == pytest.approx(3 / 20)
    assert row["ci_low"] < 3 / 20 < row["ci_high"]
    assert row["gap_median_nats"] == pytest.approx(0.5 * 2 * LN2)
    assert row["log_prob_sd_nats"] == pytest.approx(RIGHT.std(ddof=1) * 2 * LN2)
    assert row["num_images"] == 20


def test_no_more_right_labels_than_the_rate_are_taken_for_wrong():
    for rate in (0.0, 0.01, 0.05, 0.1, 0.25, 0.5):
        (threshold,) = detection_table(matrix(scores(), labels=LABELS), [rate], SETTINGS)["threshold_bits_per_dim"]
        assert np.mean(threshold < RIGHT) <= rate


def test_gaps_that_are_large_against_the_spread_are_all_detected_and_none_are_at_equal_likelihood():
    for gap, wanted in ((100.0, 1.0), (0.0, 0.0)):
        table = detection_table(matrix(scores(gap), labels=LABELS), [0.0], SETTINGS)
        assert table["detected"].tolist() == [wanted]


def test_bins_hold_every_image_once_for_each_label_and_share_their_edges():
    table = histogram_table(matrix(scores(), labels=LABELS), 8)
    for label, values in (("right", RIGHT), ("wrong", RIGHT + 0.5)):
        rows = table[table.label == label]
        assert rows["count"].sum() == 20
        middle = rows.iloc[3]
        assert middle["count"] == np.sum((values >= middle["bin_low"]) & (values < middle["bin_high"]))
    assert table[table.label == "right"]["bin_low"].tolist() == table[table.label == "wrong"]["bin_low"].tolist()


def test_the_order_of_images_changes_nothing():
    order = np.random.default_rng(0).permutation(20)
    shuffled = matrix(scores()[order], labels=LABELS[order], index=order)
    assert histogram_table(shuffled, 8).equals(histogram_table(matrix(scores(), labels=LABELS), 8))
