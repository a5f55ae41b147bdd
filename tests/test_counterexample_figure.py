"""The figure of the counterexample: the plane, and the dimensions of the table."""

import figure_tables
import pytest
from figure_reading import drawn

from sbgc.artifacts import ArtifactError
from sbgc.figures import counterexample


@pytest.fixture(scope="module")
def figure():
    return drawn("counterexample")


def test_the_dimensions_of_the_narrowest_shell_are_drawn_for_each_delta_beside_the_papers(figure):
    table = figure_tables.annuli()
    table = table[table.width == 0.1]
    lines = iter(figure.axes[2].lines)
    for _, rows in table.groupby("delta"):
        rows = rows.sort_values("epsilon_nats")
        for column in ("dimension_of_equation_19", "dimension"):
            assert next(lines).get_xydata() == pytest.approx(rows[["epsilon_nats", column]].to_numpy())
    assert next(lines, None) is None


def test_data_and_model_differ_in_the_ball_alone_and_the_attack_goes_into_it(figure):
    data, model = (axes.patches for axes in figure.axes[:2])
    colors = [[patch.get_facecolor() for patch in patches] for patches in (data, model)]
    assert [a == b for a, b in zip(*colors, strict=True)] == [True, True, False]
    ends = [text.xy for text in figure.axes[1].texts if hasattr(text, "xy")]
    assert len(ends) == 6
    assert all(x**2 + y**2 < 1 for x, y in ends)


def test_a_table_without_a_column_is_refused_in_one_line():
    with pytest.raises(ArtifactError, match="^counterexample table: lacks dimension$"):
        counterexample.draw(figure_tables.annuli().drop(columns="dimension"))
