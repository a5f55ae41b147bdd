import numpy as np
import pytest
from hand_explanations import CENTERS, explanations
from scipy.stats import norm

from sbgc.artifacts import ArtifactError
from sbgc.procedures.tables import latent_tables


def test_an_image_has_its_place_among_its_most_probable_classes():
    """The first image, at (0.5, 1), is of class 0: the axis runs to class 1, at 2, and class 2 lies 5 away from it."""
    table = latent_tables.decision_table(explanations())
    first = table[table["index"] == 7]
    assert first["class"].tolist() == [0, 1, 2]
    assert first.class_name.tolist() == ["cat", "dog", "2"]
    assert first.label_name.tolist() == ["cat"] * 3
    assert first.center_along.tolist() == pytest.approx([0.0, 2.0, 0.0])
    assert first.center_radial.tolist() == pytest.approx([0.0, 0.0, 5.0])
    assert first.image_along.tolist() == pytest.approx([0.5] * 3)
    assert first.image_radial.tolist() == pytest.approx([1.0] * 3)
    assert set(first.dimensions) == {2}
    assert set(first.circle_radial.round(4)) == {1.6449}  # of one dimension beside the axis: as along it


def test_the_posterior_follows_from_the_places():
    """log p(first|x) - log p(second|x) = d^2 / 2 - d along, to 1e-4."""
    for _, rows in latent_tables.decision_table(explanations()).groupby("index"):
        distance, along = rows.center_along.iloc[1], rows.image_along.iloc[0]
        odds = np.log(rows.posterior.iloc[0] / rows.posterior.iloc[1])
        assert odds == pytest.approx(0.5 * distance**2 - distance * along, abs=1e-4)


def test_the_second_image_begins_its_axis_at_its_own_best_class():
    rows = latent_tables.decision_table(explanations()).query("index == 9")
    assert rows["class"].tolist() == [1, 0, 2]
    assert rows.image_along.iloc[0] == pytest.approx(0.2)
    assert rows.image_radial.iloc[0] == pytest.approx(0.3)
    assert rows[["model", "seed", "draws", "num_images"]].iloc[0].tolist() == ["beta_1", 0, 2, 2]


def test_each_pair_of_classes_has_its_distance_its_posterior_and_a_check_of_it():
    table = latent_tables.similarity_table(explanations(), 5000, 0)
    assert len(table) == 6
    pair = table.query("first_name == 'cat' and second_name == 'dog'").iloc[0]
    assert pair.distance == pytest.approx(2.0)
    assert pair.expected_posterior == pytest.approx(norm.cdf(-1.0), abs=1e-9)
    off = (table.sampled_posterior - table.expected_posterior) / table.sampled_standard_error
    assert off.abs().max() < 4.0
    again = latent_tables.similarity_table(explanations(), 5000, 0)
    assert table.equals(again)


@pytest.mark.parametrize("table", [latent_tables.decision_table, lambda e: latent_tables.similarity_table(e, 10, 0)])
def test_a_model_without_latents_is_refused_in_one_line(table):
    with pytest.raises(ArtifactError, match="^gaussian: has no latents$"):
        table(explanations("gaussian", "gaussian", has_latents=False))


def test_classes_with_one_center_have_no_axis():
    with pytest.raises(ArtifactError, match="^beta_1, image 7: the two most probable classes have one center$"):
        latent_tables.decision_table(explanations(centers=0.0 * CENTERS))
