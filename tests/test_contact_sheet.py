import dataclasses

import figure_tables
import numpy as np
import pytest
from figure_reading import drawn

from sbgc.artifacts import ArtifactError
from sbgc.figures import contact_sheet
from sbgc.figures.corruption_names import in_families, spelled


def test_every_corruption_has_a_row_of_six_pictures_the_first_of_them_clean():
    sheet, axes = figure_tables.sheet(), drawn("contact_sheet").axes
    names = [label.get_text() for one in axes for label in one.get_yticklabels()]
    assert names == [spelled(kind) for kind in in_families(figure_tables.CORRUPTIONS)]
    pictures = [image for one in axes for image in one.images]
    assert len(pictures) == 6 * len(figure_tables.CORRUPTIONS)
    first = pictures[0].get_array()
    np.testing.assert_allclose(first[..., 0], sheet.images[0, ..., 0] / 16)


def test_pictures_stand_in_the_order_of_their_severities():
    row = [image for image in drawn("contact_sheet").axes[0].images if image.get_extent()[3] < 1]
    row.sort(key=lambda image: image.get_extent()[0])
    levels = [image.get_array().mean() for image in row]
    assert levels == sorted(levels, reverse=True)


@pytest.mark.parametrize("kept", [slice(1), slice(1, None)])
def test_a_sheet_without_a_clean_or_a_corrupted_image_is_refused(kept):
    sheet = figure_tables.sheet().take(kept)
    with pytest.raises(ArtifactError, match="^contact sheet: needs the clean image and a corrupted one$"):
        contact_sheet.draw(sheet)


def test_color_images_keep_their_colors():
    sheet = figure_tables.sheet()
    color = dataclasses.replace(sheet, images=np.stack([sheet.images[..., 0] // k for k in (1, 2, 3)], axis=-1))
    picture = contact_sheet.draw(color).axes[0].images[0].get_array()
    np.testing.assert_allclose(picture, color.images[0] / 16)


def test_families_and_names():
    kinds = ["fog", "zoom_blur", "jpeg_compression", "shot_noise", "defocus_blur"]
    assert in_families(kinds) == ["shot_noise", "defocus_blur", "zoom_blur", "fog", "jpeg_compression"]
    assert spelled("jpeg_compression") == "JPEG compression"
