import figure_tables
import numpy as np
import pytest
from figure_reading import drawn, small_print
from matplotlib.colors import same_color
from matplotlib.patches import Ellipse

from sbgc.figures import decision_space, style


@pytest.fixture(scope="module", name="figure")
def _figure():
    return drawn("decision_space")


def panel(figure, row, column):
    return figure.axes[3 * row + column]


def test_the_star_is_the_image_and_circles_lie_around_the_two_best_classes(figure):
    table = figure_tables.decisions().query("model == 'beta_1' and index == 61").sort_values("rank")
    axes = panel(figure, 1, 0)
    star = next(line for line in axes.lines if line.get_marker() == "*")
    assert star.get_xydata()[0] == pytest.approx([table.image_along.iloc[0], table.image_radial.iloc[0]])
    circles = [patch for patch in axes.patches if isinstance(patch, Ellipse)]
    assert [one.center[0] for one in circles] == pytest.approx(table.center_along[:2].tolist())
    assert {(one.width, one.height) for one in circles} == {(2 * 1.645, 2 * 2.146)}
    assert same_color(circles[0].get_facecolor()[:3], style.VERMILION)
    others = next(line for line in axes.lines if same_color(line.get_color(), "0.6"))
    np.testing.assert_allclose(others.get_xydata(), table[["center_along", "center_radial"]].to_numpy()[2:])


def test_a_legend_names_both_classes_with_their_posterior(figure):
    words = [text.get_text() for text in panel(figure, 0, 0).get_legend().get_texts()]
    assert words == ["class 1: 70.0 %", "class 2: 20.0 %"]


def test_circles_look_like_circles_and_all_is_within_the_panel(figure):
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_window_extent()
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        wide, tall = 1.645 / (right - left) * box.width, 2.146 / (high - low) * box.height
        assert wide == pytest.approx(tall, rel=0.02)
        for line in axes.lines:
            for along, radial in line.get_xydata():
                assert left <= along <= right
                assert 0.0 <= radial <= high


def test_of_four_models_and_four_images_some_are_drawn_and_the_small_print_says_so(figure):
    assert len(figure.axes) == 9
    assert [axes.get_title() for axes in figure.axes[:3]] == ["beta_1", "beta_8", "beta_32"]
    assert "the first 3 of 4 images, chosen by hand; 3 of 4 models" in small_print(figure)


def test_one_model_and_one_image_take_a_column():
    one = figure_tables.decisions().query("model == 'beta_1' and index == 60").assign(num_images=1)
    figure = decision_space.draw(one)
    assert figure.get_figwidth() == style.SINGLE_COLUMN
    assert "1 image, chosen by hand, means" in small_print(figure)


def test_classes_on_a_line_have_circles_without_height():
    one = figure_tables.decisions().query("rank < 3").assign(circle_radial=0.0, image_radial=0.0)
    assert decision_space.draw(one).axes[0].get_ylim()[1] > 0.0
