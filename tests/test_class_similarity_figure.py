import figure_tables
import numpy as np
import pytest
from figure_reading import check_texts, drawn, of_model, small_print

from sbgc.figures import class_similarity
from sbgc.maths.class_similarity import expected_posterior


@pytest.fixture(scope="module", name="figure")
def _figure():
    return drawn("class_similarity")


def test_colors_are_distances_on_one_scale_and_the_diagonal_is_blank(figure):
    table = figure_tables.similarities()
    for axes, model in zip(figure.axes[:2], ("beta_1", "beta_32"), strict=True):
        (shade,) = axes.images
        values = np.ma.filled(shade.get_array(), np.nan)
        mine = of_model(table, model)
        np.testing.assert_allclose(values[mine.first_class, mine.second_class], mine.distance)
        assert np.isnan(np.diag(values)).all()
        assert shade.get_clim() == pytest.approx((table.distance.min(), table.distance.max()))


def test_numbers_are_expected_posteriors_in_percent(figure):
    mine = of_model(figure_tables.similarities(), "beta_1").set_index(["first_class", "second_class"])
    for text in figure.axes[0].texts:
        second, first = map(int, text.get_position())
        assert text.get_text() == f"{100 * mine.expected_posterior[first, second]:.0f}"
    assert len(figure.axes[0].texts) == 90


def test_the_scale_of_colors_tells_the_posterior_of_each_distance(figure):
    for tick in figure.axes[-1].get_yticklabels():
        distance, share = tick.get_text().rstrip(")").split(" (")
        assert float(share) == pytest.approx(100 * expected_posterior(np.array([float(distance)]))[0], rel=0.06)


def test_the_small_print_says_how_well_samples_agree(figure):
    assert "2,000 latents of each class differ from it by 1.00 standard errors" in small_print(figure)


def test_pairs_that_are_rarer_than_a_sample_can_tell_are_no_check():
    """Of some the sample has not seen what is rare, and would be millions of its own standard errors away."""
    table = figure_tables.similarities()
    rare = table.first_class == 0
    table.loc[rare, ["expected_posterior", "sampled_posterior", "sampled_standard_error"]] = 1e-5, 0.0, 1e-12
    found = small_print(class_similarity.draw(table))
    pairs = f"for {(~rare).sum():,} of {len(table):,} pairs, which are not too rare"
    assert f"2,000 latents of each class differ from it by 1.00 standard errors {pairs} (root mean square" in found
    none = table.assign(expected_posterior=1e-5)
    assert "2,000 latents of each class are too few to check it." in small_print(class_similarity.draw(none))


def test_many_classes_have_neither_numbers_nor_names_on_top_of_each_other():
    figure = class_similarity.draw(figure_tables.similarities(30))
    assert not figure.axes[0].texts
    check_texts(figure)


def test_long_names_stand_upright():
    named = figure_tables.similarities().assign(first_name=lambda t: "a long name " + t.first_name)
    figure = class_similarity.draw(named)
    check_texts(figure)
    assert figure.axes[0].get_xticklabels()[3].get_text().startswith("a long name")
