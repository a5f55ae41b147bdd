"""The figure of right and wrong labels: histograms, and the threshold between them."""

import figure_tables
import numpy as np
import pytest
from figure_reading import drawn, of_model

from sbgc.artifacts import ArtifactError
from sbgc.figures import wrong_labels


@pytest.fixture(scope="module")
def figure():
    return drawn("wrong_labels")


def test_each_model_has_both_histograms_in_percent_and_its_threshold(figure):
    histogram, detection = figure_tables.labels()
    for axes, model in zip(figure.axes, ("score", "gaussian"), strict=True):
        rows, (line,) = of_model(histogram, model), axes.lines
        for patch, label in zip(axes.patches, ("right", "wrong"), strict=True):
            mine = rows[rows.label == label]
            values, edges, _ = patch.get_data()
            assert values == pytest.approx(100 * mine["count"].to_numpy() / 360)
            assert edges == pytest.approx([*mine.bin_low, mine.bin_high.iloc[-1]])
        strictest = of_model(detection, model).sort_values("false_positive_rate").iloc[0]
        assert np.unique(line.get_xdata()) == pytest.approx(strictest.threshold_bits_per_dim)
        assert axes.get_title().endswith(": 6.0 % [4.0, 9.0]")


def test_the_small_print_names_the_data_the_images_and_the_rate(figure):
    text = " ".join(figure.get_supxlabel().split())
    for part in ("digits, test split, seed 0", "360 images", "1 % of images"):
        assert part in text


def test_a_model_has_its_own_threshold_whatever_the_order_of_the_tables():
    histogram, detection = figure_tables.labels()
    figure = wrong_labels.draw(histogram, detection[::-1].assign(seed=0))
    thresholds = [float(axes.lines[0].get_xdata()[0]) for axes in figure.axes]
    assert thresholds == pytest.approx([2.7, 3.6])
    with pytest.raises(ArtifactError, match="^label_detection table: no rows of gaussian seed 0$"):
        wrong_labels.draw(histogram, detection[detection.model == "score"])
