import figure_tables
import numpy as np
import pytest
from figure_reading import check_texts, drawn

from sbgc.artifacts import ArtifactError
from sbgc.figures import heatmaps

MODELS = ("score", "gaussian", "ib_inn")


@pytest.fixture(scope="module", name="grid")
def _grid():
    """Six rows of an image and three models."""
    return np.array(drawn("heatmaps").axes, dtype=object).reshape(6, 4)


def values(table, model, image, name):
    mine = table[(table.model == model) & (table["index"] == image) & (table["map"] == name)]
    mine = mine[mine["class"] == mine.label] if name == "posterior" else mine
    found = np.zeros((mine.height.iloc[0], mine.width.iloc[0]))
    found[mine.row, mine.column] = mine.value_nats
    return found, mine.total_nats.iloc[0]


def test_each_image_has_a_row_for_its_posterior_its_gap_and_log_p_and_a_column_for_each_model(grid):
    table, test = figure_tables.maps()
    for place, image in enumerate(test.index[:2]):
        shown = np.asarray(grid[3 * place, 0].images[0].get_array())
        np.testing.assert_allclose(shown[..., 0], test.images[place, ..., 0] / test.images.max())
        for column, model in enumerate(MODELS, start=1):
            for row, name in enumerate(("posterior", "gap", "salience")):
                axes = grid[3 * place + row, column]
                if (model, name) == ("score", "salience"):
                    assert not axes.images
                    assert axes.get_title().endswith("n/a")
                    continue
                wanted, total = values(table, model, image, name)
                np.testing.assert_allclose(np.asarray(axes.images[0].get_array()), wanted)
                assert axes.get_title().split("\n")[-1].startswith(f"{total:.2f}")


def test_posteriors_and_gaps_are_white_at_zero_and_their_range_stands_below(grid):
    for row in (0, 1, 3, 4):
        for axes in grid[row, 1:]:
            low, high = axes.images[0].get_clim()
            assert low == -high
            assert axes.get_xlabel() == f"± {high:.2g}"
    low, high = grid[2, 2].images[0].get_clim()
    assert grid[2, 2].get_xlabel() == f"{low:.2g} to {high:.2g}"


def test_rows_say_what_they_sum_to(grid):
    assert [axes.get_ylabel() for axes in grid[:3, 1]] == ["log p(label|x)", "label : rival", "log p(x)"]
    assert grid[0, 0].get_title() == "image 0\n0 or 9?"


def test_an_image_that_the_split_does_not_hold_is_refused_in_one_line():
    table, test = figure_tables.maps()
    with pytest.raises(ArtifactError, match="^test split: no image 0, which the heatmaps explain$"):
        heatmaps.draw(table, test.take(slice(1, None)))


@pytest.mark.parametrize(
    ("total", "told"), [(-1e-9, "0"), (0.004, "0"), (0.006, "0.01"), (-12.341, "-12.34"), (-321.4, "-321")]
)
def test_sums_have_the_digits_that_there_is_room_for(total, told):
    table, test = figure_tables.maps()
    figure = heatmaps.draw(table.assign(total_nats=total, standard_error_nats=1e-5), test)
    assert figure.axes[5].get_title() == told


def test_long_names_of_classes_leave_the_page_readable():
    table, test = figure_tables.maps()
    check_texts(heatmaps.draw(table.assign(label_name="a very long name of a class", rival_name="automobile"), test))
