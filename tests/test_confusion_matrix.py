"""The confusion matrix: counts and shares."""

import figure_tables
import numpy as np
import pytest
from figure_reading import drawn, of_model, written_texts

from sbgc.figures import confusion_matrix


@pytest.fixture(scope="module")
def figure():
    return drawn("confusion_matrix")


def test_the_confusion_matrix_writes_counts_and_colors_shares(figure):
    table = figure_tables.confusion().query("evaluation == 'test'")
    for axes, model in zip(figure.axes, figure_tables.KINDS, strict=False):
        counts = of_model(table, model).pivot(index="true_class", columns="predicted_class", values="count").to_numpy()
        written = np.zeros_like(counts)
        for text in axes.texts:
            predicted, true = text.get_position()
            written[true, predicted] = int(text.get_text())
        assert (written == counts).all()
        assert np.asarray(axes.images[0].get_array()) == pytest.approx(100 * counts / 36)


def test_counts_of_a_thousand_fit_into_their_cells():
    figure = confusion_matrix.draw(figure_tables.confusion(1000))
    boxes = written_texts(figure)
    cell = figure.axes[0].get_window_extent().width / 10
    assert all(boxes[text].width < cell for text in figure.axes[0].texts)
