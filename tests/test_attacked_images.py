"""The figure of images before and after attacks: what is drawn where, in which colors, and what is said of it."""

from dataclasses import replace

import figure_tables
import numpy as np
import pytest
from figure_reading import check_texts, drawn, small_print

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import attacked_images

NAMES = ("airplane", "automobile", "cat", "a name that is too long", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.fixture(scope="module")
def figure():
    return drawn("attacked_images")


def pictures(figure):
    """The pictures with a scale of their own, and the others, by their upper left corner in inches."""
    found = {True: {}, False: {}}
    for image in figure.axes[0].images:
        left, _, _, top = image.get_extent()
        array = np.asarray(image.get_array())
        found[array.ndim == 2][round(top, 4), round(left, 4)] = image
    return found[True], found[False]


def test_each_pair_is_the_change_and_the_attacked_image_and_the_originals_stand_above(figure):
    split = figure_tables.attacked()
    changes, images = pictures(figure)
    tops = sorted({top for top, _ in images})
    assert (len(changes), len(images), len(tops)) == (18, 21, 4)
    originals = [images[key] for key in sorted(images) if key[0] == tops[0]]
    before = split.images[split.columns["norm"] == "none"]
    for image, wanted in zip(originals, before[:3], strict=True):
        np.testing.assert_allclose(image.get_array()[..., 0], wanted[..., 0] / 16)
    attacked = split.columns["norm"] != "none"
    drawn_changes = [changes[key].get_array() for key in sorted(changes)]
    drawn_images = [images[key].get_array()[..., 0] for key in sorted(images) if key[0] > tops[0]]
    for place, row in enumerate(np.flatnonzero(attacked)):
        wanted = (split.images[row] - before[place // 2])[..., 0] / 16
        np.testing.assert_allclose(drawn_changes[place], wanted, atol=1e-6)
        np.testing.assert_allclose(drawn_images[place], np.clip(split.images[row, ..., 0] / 16, 0, 1))


def test_all_changes_have_one_scale_which_is_white_at_zero_and_which_a_bar_names(figure):
    changes, _ = pictures(figure)
    pixels = np.abs(np.concatenate([np.asarray(image.get_array()).ravel() for image in changes.values()]))
    most = float(np.quantile(pixels[pixels > 0], 0.99))
    assert {image.get_clim() for image in changes.values()} == {(-most, most)}
    bar = figure.axes[1]
    assert bar.get_xlabel() == "Change [grey levels scaled to 0–1]"
    assert bar.get_xlim() == pytest.approx((-most, most))


def test_a_single_large_change_does_not_leave_the_others_pale(figure):
    split = figure_tables.attacked()
    changed = split.images.copy()
    changed[1, 0, 0] = 16.0 - changed[0, 0, 0]
    ends = [
        max(image.get_clim()[1] for image in pictures(one)[0].values()) for one in (figure, redrawn(split, changed))
    ]
    assert ends[1] == pytest.approx(ends[0], rel=0.05)


def redrawn(split, images):
    return attacked_images.draw(replace(split, images=images))


def test_below_a_pair_stand_its_size_the_classes_and_bits_per_dim(figure):
    texts = [text.get_text() for text in figure.axes[0].texts]
    split = figure_tables.attacked()
    sizes = split.columns["size"][split.columns["norm"] == "linf"]
    assert f"$\\ell_\\infty$ {sizes[0]:.3g}\n0 → 3\n1.85 → 2.05" in texts
    assert "$\\ell_\\infty$ 0\n2, wrong before\n1.85 → 1.85" in texts
    assert f"$\\ell_\\infty$ {sizes[2]:.3g}\n2, withstood\n1.85 → 2.05" in texts
    assert f"$\\ell_\\infty$ {sizes[6]:.3g}\n0 → 3" in texts  # of a classifier, which has no density
    assert {"Score model", "WideResNet"} <= set(texts)


def test_a_frame_tells_what_withstood_from_what_misleads(figure):
    frames = [patch.get_edgecolor() for patch in figure.axes[0].patches]
    blue = [color for color in frames if color[:3] == pytest.approx((0, 0x72 / 255, 0xB2 / 255))]
    assert len(blue) == 6


def test_of_a_color_image_the_channel_that_changes_most_is_shown():
    split = figure_tables.attacked((8, 8, 3), 256)
    changed = split.images.copy()
    after = np.flatnonzero(split.columns["norm"] == "linf")[0]
    changed[after] = changed[after - 1] + np.array([1.0, -20.0, 3.0], np.float32)
    changes, images = pictures(redrawn(split, changed))
    first = changes[min(changes)]
    np.testing.assert_allclose(first.get_array(), -20.0 / 255, atol=1e-6)
    assert all(np.asarray(image.get_array()).shape == (8, 8, 3) for image in images.values())


@pytest.mark.parametrize("copies", [1, 2, 3])
@pytest.mark.parametrize("norms", [("none", "linf"), ("none", "linf", "l2")])
def test_long_names_more_images_and_one_norm_leave_the_page_readable(copies, norms):
    split = figure_tables.attacked()
    split = split.take(np.isin(split.columns["norm"], norms))
    split = replace(split, meta=split.meta | {"class_names": list(NAMES)})
    parts = [replace(split, index=split.index + 100 * copy) for copy in range(copies)]
    arrays = (np.concatenate([getattr(one, name) for one in parts]) for name in ("images", "labels", "index"))
    columns = {name: np.concatenate([one.columns[name] for one in parts]) for name in split.columns}
    figure = attacked_images.draw(Split(*arrays, columns, split.meta))
    check_texts(figure)
    assert f"{3 * copies} images" in small_print(figure)


def test_a_split_without_a_column_or_without_attacks_is_refused_in_one_line():
    split = figure_tables.attacked()
    columns = {name: values for name, values in split.columns.items() if name != "misled"}
    with pytest.raises(ArtifactError, match="^attacked images: no column misled$"):
        attacked_images.draw(replace(split, columns=columns))
    with pytest.raises(ArtifactError, match="^attacked images: none is attacked$"):
        attacked_images.draw(split.take(split.columns["norm"] == "none"))
