import numpy as np
import pytest

from sbgc.maths import decision_space

RANDOM = np.random.default_rng(0)


def test_distances_to_both_centers_and_to_their_axis_are_those_of_the_space_of_the_centers():
    """By orthogonal projection onto the centers, with least squares."""
    top, points = RANDOM.normal(size=(5, 40)), RANDOM.normal(size=(30, 40))
    found = decision_space.places(top, points)
    projected = np.linalg.lstsq(top.T, points.T, rcond=None)[0].T @ top
    length = np.linalg.norm(top[1] - top[0])
    for center, start in ((top[0], 0.0), (top[1], length)):
        wanted = np.linalg.norm(projected - center, axis=1)
        np.testing.assert_allclose(np.hypot(found.along - start, found.radial), wanted, atol=1e-9)
    centers = decision_space.places(top, top)
    np.testing.assert_allclose(centers.along[:2], [0.0, length], atol=1e-9)
    np.testing.assert_allclose(centers.radial[:2], 0.0, atol=1e-6)
    assert (centers.radial[2:] > 1.0).all()


def test_the_place_along_the_axis_tells_the_odds_of_the_two_classes():
    """log q(z|1) - log q(z|2) = d^2 / 2 - d along, from the densities of 40 dimensions."""
    top, points = RANDOM.normal(size=(5, 40)), RANDOM.normal(size=(30, 40))
    along, length = decision_space.places(top, points).along, np.linalg.norm(top[1] - top[0])
    odds = 0.5 * (((points - top[1]) ** 2).sum(axis=1) - ((points - top[0]) ** 2).sum(axis=1))
    np.testing.assert_allclose(0.5 * length**2 - length * along, odds, atol=1e-4)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_in_each_direction_a_circle_holds_nine_of_ten_latents_of_its_class(classes):
    top = 3.0 * RANDOM.normal(size=(classes, 12))
    radii = decision_space.circle(classes)
    found = decision_space.places(top, top[1] + RANDOM.normal(size=(40_000, 12)))
    length = np.linalg.norm(top[1] - top[0])
    assert (np.abs(found.along - length) < radii.along).mean() == pytest.approx(0.9, abs=0.006)
    assert (found.radial < radii.radial).mean() == pytest.approx(0.9, abs=0.006)


def test_class_differences_depend_on_nothing_outside_the_span_of_the_centers():
    centers, z = RANDOM.normal(size=(3, 20)), RANDOM.normal(size=(1, 20))
    basis = decision_space.span(centers)
    assert basis.shape == (20, 3)
    inside = ((z @ basis - centers @ basis) ** 2).sum(axis=1)
    np.testing.assert_allclose(np.diff(inside), np.diff(((z - centers) ** 2).sum(axis=1)), atol=1e-9)
    assert decision_space.span(np.ones((3, 20))).shape == (20, 1)
    assert decision_space.span(RANDOM.normal(size=(6, 4))).shape == (4, 4)


def test_an_axis_needs_two_points():
    with pytest.raises(ValueError, match="^the two most probable classes have one center$"):
        decision_space.places(np.ones((5, 8)), np.zeros((1, 8)))


def test_in_a_line_there_is_no_distance_from_the_axis():
    assert decision_space.circle(1).radial == 0.0
