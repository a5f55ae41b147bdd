import pytest

from sbgc.figures import style
from sbgc.figures.panels import panels


@pytest.mark.parametrize(("models", "columns", "rows"), [(1, 1, 1), (3, 3, 1), (4, 3, 2), (6, 3, 2)])
def test_models_fill_rows_and_places_without_one_are_removed(models, columns, rows):
    made = panels(models, 3, 2.0, 0.5)
    assert (len(made.each), made.columns, len(made.figure.axes)) == (models, columns, models)
    assert made.figure.get_figheight() == pytest.approx(2.0 * rows + 0.5)
    assert made.figure.get_figwidth() == (style.SINGLE_COLUMN if models == 1 else style.DOUBLE_COLUMN)


def test_the_axes_of_a_panel_stand_one_below_the_other_in_the_ratios_given():
    made = panels(4, 3, 3.0, 0.2, (3.0, 1.0))
    assert all(len(panel) == 2 for panel in made.each)
    for upper, lower in made.each:
        above, below = (axes.get_subplotspec().get_position(made.figure) for axes in (upper, lower))
        assert above.y0 > below.y1
        assert above.x0 == pytest.approx(below.x0)
        assert above.height / below.height == pytest.approx(3.0)


def test_only_panels_that_begin_a_row_name_their_axes():
    made = panels(4, 3, 3.0, 0.2, (1.0, 1.0))
    made.label("upper", "lower")
    named = [tuple(axes.get_ylabel() for axes in panel) for panel in made.each]
    assert named == [("upper", "lower"), ("", ""), ("", ""), ("upper", "lower")]
