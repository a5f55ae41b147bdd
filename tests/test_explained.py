import numpy as np
import pytest

from sbgc.figures import explained, style

RANDOM = np.random.default_rng(0)
U, PATH, END = np.linspace(-6.9, 5.0, 18), RANDOM.normal(size=(18, 8, 8, 3)), RANDOM.normal(size=(8, 8, 3))
IMAGE = RANDOM.integers(0, 256, (8, 8, 3))


@pytest.fixture(scope="module")
def drawn():
    return explained.draw_gap(IMAGE, 255.0, U, PATH, END, ("cat", "dog"), "One image.")


def test_the_maps_of_the_noise_levels_and_of_the_prior_add_up_to_the_whole(drawn):
    """As pictures, pixel by pixel, and in the numbers of their titles."""
    panels = [axes for axes in drawn.axes if axes.images and axes.get_title()]
    shown = {axes.get_title().split("\n")[0]: np.asarray(axes.images[0].get_array()) for axes in panels[1:]}
    whole = shown.pop("whole gap")
    np.testing.assert_allclose(sum(shown.values()), whole, atol=1e-9)
    assert list(shown)[0].startswith("-6.9 to ")
    assert list(shown)[-2].endswith(" to 5.0")
    assert list(shown)[-1] == "prior"
    titles = [float(axes.get_title().split("\n")[1].removesuffix(" nats")) for axes in panels[1:]]
    assert titles[-1] == pytest.approx(PATH.sum() + END.sum(), abs=0.01)
    assert sum(titles[:-1]) == pytest.approx(titles[-1], abs=0.03)


def test_maps_of_noise_levels_share_a_scale_and_the_prior_has_one_with_the_whole(drawn):
    """Both are symmetric about zero, and reach the largest value of their maps."""
    maps = [axes for axes in drawn.axes if axes.images and axes.get_title() not in ("image", "")]
    for panels in (maps[:-2], maps[-2:]):
        ((low, high),) = {axes.images[0].get_clim() for axes in panels}
        assert low == -high
        assert high == max(np.abs(axes.images[0].get_array()).max() for axes in panels)


def test_the_sum_so_far_ends_in_the_whole_gap(drawn):
    (curve,) = [axes for axes in drawn.axes if axes.get_legend()]
    line = next(line for line in curve.lines if line.get_label() == "sum so far")
    assert line.get_ydata()[-1] == pytest.approx(PATH.sum() + END.sum())
    assert curve.get_xticklabels()[-1].get_text() == "prior"
    assert "cat against dog" in curve.get_ylabel()


def test_a_gap_of_nothing_can_be_drawn(tmp_path):
    nothing = explained.draw_gap(
        IMAGE[..., :1], 255.0, U, 0.0 * PATH[..., :1], 0.0 * END[..., :1], ("a", "b"), "Nothing."
    )
    style.write(nothing, tmp_path / "nothing.png")
    assert (tmp_path / "nothing.png").stat().st_size > 1000
