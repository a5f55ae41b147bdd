"""The confusion matrix: counts and shares."""

import figure_tables
import numpy as np
import pandas as pd
import pytest
from figure_reading import check_texts, drawn, of_model, small_print, written_texts

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


def many_classes(classes, models=("score", "gaussian"), names=None):
    """Every image is taken for its own class, but one in ten for the next one."""
    true, predicted = np.indices((classes, classes))
    count = 9 * (true == predicted) + ((true + 1) % classes == predicted)
    columns = {"evaluation": "test", "true_class": true.ravel(), "predicted_class": predicted.ravel()}
    rows = pd.DataFrame(columns | {"count": count.ravel()})
    if names:
        rows["true_name"] = [names[one] for one in rows.true_class]
    shared = {"experiment": "many", "dataset": "many", "seed": 0}
    return pd.concat([rows.assign(model=model, kind=model, **shared) for model in models], ignore_index=True)


@pytest.mark.parametrize("classes", [2, 20, 100, 1000])
def test_any_number_of_classes_is_readable(classes):
    figure = confusion_matrix.draw(many_classes(classes))
    check_texts(figure)
    assert max(figure.get_size_inches()) < 8
    ticks = figure.axes[0].get_yticks()
    assert len(ticks) <= 25
    assert ticks[0] == 0


@pytest.mark.parametrize("classes", [100, 1000])
def test_counts_that_fit_into_no_cell_are_not_written(classes):
    figure = confusion_matrix.draw(many_classes(classes, ("score",)))
    assert not figure.axes[0].texts
    assert "Numbers" not in small_print(figure)


def test_a_cell_holds_as_many_classes_as_make_it_visible():
    figure = confusion_matrix.draw(many_classes(1000, ("score",)))
    shares = np.asarray(figure.axes[0].images[0].get_array())
    assert shares.shape == (200, 200)
    assert "5 × 5 classes" in small_print(figure)
    assert np.diag(shares) == pytest.approx(np.full(200, 98.0))
    assert np.diag(shares, 1) == pytest.approx(np.full(199, 2.0))


def test_classes_have_their_names_and_long_ones_are_cut():
    names = ["cat", "dog", "a horse with a long name"]
    figure = confusion_matrix.draw(many_classes(3, names=names))
    axes = figure.axes[0]
    shown = ["cat", "dog", "a horse with…"]
    assert [label.get_text() for label in axes.get_yticklabels()] == shown
    assert [label.get_text() for label in axes.get_xticklabels()] == shown
    check_texts(figure)
