import io

import numpy as np
import pytest
from PIL import Image

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import any_picture

RANDOM = np.random.default_rng(0)
GRAY, COLOR = RANDOM.integers(0, 256, (8, 8)).astype(np.uint8), RANDOM.integers(0, 256, (8, 8, 3)).astype(np.uint8)


def content(image, kind="PNG", **options):
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, kind, **options)
    return stream.getvalue()


def test_an_image_that_fits_comes_as_it_is():
    for array, shape in ((GRAY, (8, 8, 1)), (COLOR, (8, 8, 3))):
        pixels, told = any_picture.read(content(array), shape, 256)
        np.testing.assert_array_equal(pixels, array.reshape(shape))
        assert pixels.dtype == np.uint8
        assert told == []


def test_gray_levels_become_fewer_by_rounding():
    pixels, told = any_picture.read(content(GRAY), (8, 8, 1), 17)
    np.testing.assert_array_equal(pixels[..., 0], np.round(GRAY / 255 * 16))
    assert told == ["256 gray levels to 17"]


def test_colors_become_their_luma_and_gray_three_equal_channels():
    pixels, told = any_picture.read(content(COLOR), (8, 8, 1), 256)
    np.testing.assert_allclose(pixels[..., 0], COLOR @ [0.299, 0.587, 0.114], atol=1.0)
    assert told == ["colors to gray"]
    pixels, told = any_picture.read(content(GRAY), (8, 8, 3), 256)
    np.testing.assert_array_equal(pixels, GRAY[..., None].repeat(3, axis=2))
    assert told == ["gray to three equal channels"]


def test_a_gray_image_saved_in_color_is_gray():
    pixels, told = any_picture.read(content(GRAY[..., None].repeat(3, axis=2)), (8, 8, 1), 256)
    np.testing.assert_array_equal(pixels[..., 0], GRAY)
    assert told == []


def test_a_wider_image_is_cut_to_its_center_and_averaged_where_it_shrinks():
    wide = np.zeros((16, 48), np.uint8)
    wide[:, 16:32] = 200  # the middle third
    pixels, told = any_picture.read(content(wide), (8, 8, 1), 256)
    np.testing.assert_allclose(pixels, 200, atol=1)
    assert told == ["cut to its center", "16 x 16 pixels to 8 x 8"]
    board = np.indices((16, 16)).sum(axis=0) % 2 * 255
    pixels, _ = any_picture.read(content(board.astype(np.uint8)), (8, 8, 1), 256)
    assert abs(float(pixels.mean()) - 127.5) < 2.0
    assert pixels[2:6, 2:6].std() < 10.0  # no pixel is taken for its neighbors


def test_sixteen_bits_keep_their_upper_half():
    deep = (GRAY.astype(np.uint16) << 8) + 77
    pixels, told = any_picture.read(content(deep), (8, 8, 1), 256)
    np.testing.assert_array_equal(pixels[..., 0], GRAY)
    assert told == ["16 bits a sample to 8"]


def test_transparent_pixels_lie_on_white_and_opaque_ones_are_not_told():
    transparent = np.dstack([COLOR, np.full((8, 8), 255, np.uint8)])
    pixels, told = any_picture.read(content(transparent), (8, 8, 3), 256)
    np.testing.assert_array_equal(pixels, COLOR)
    assert told == []
    transparent[0, 0, 3], transparent[1, 1, 3] = 0, 128
    pixels, told = any_picture.read(content(transparent), (8, 8, 3), 256)
    assert (pixels[0, 0] == 255).all()
    np.testing.assert_allclose(pixels[1, 1], 127 + COLOR[1, 1] / 2, atol=1.5)
    assert told == ["transparent pixels on white"]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turn_that_the_camera_asked_for_is_made(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels, told = any_picture.read(content(GRAY, exif=exif.tobytes()), (8, 8, 1), 256)
    np.testing.assert_array_equal(pixels[..., 0], np.rot90(GRAY, {3: 2, 6: 3, 8: 1}[orientation]))
    assert told == ["turned as EXIF data say"]


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.fromarray(np.full((8, 8), level, np.uint8)) for level in (10, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    pixels, told = any_picture.read(stream.getvalue(), (8, 8, 1), 256)
    np.testing.assert_allclose(pixels, 10, atol=1)
    assert told[0] == "the first of 2 frames"


@pytest.mark.parametrize(("mode", "phrase"), [("CMYK", "from CMYK to RGB"), ("YCbCr", "from YCbCr to RGB")])
def test_other_color_spaces_become_rgb_and_are_told(mode, phrase):
    image = Image.new("RGB", (8, 8), (200, 40, 90)).convert(mode)
    found, told = any_picture.read(content(image, "TIFF"), (8, 8, 3), 256)
    np.testing.assert_allclose(found, np.broadcast_to([200, 40, 90], (8, 8, 3)), atol=3)
    assert told == [phrase]


@pytest.mark.parametrize("mode", ["1", "P", "LA"])
def test_black_and_white_palettes_and_opaque_gray_come_without_a_word(mode):
    black = Image.fromarray(np.where(GRAY > 127, 255, 0).astype(np.uint8)).convert(mode)
    pixels, told = any_picture.read(content(black), (8, 8, 1), 256)
    np.testing.assert_array_equal(pixels[..., 0], np.where(GRAY > 127, 255, 0))
    assert told == []


@pytest.mark.parametrize("bad", [b"", b"hello", content(COLOR)[:100], b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_image_is_refused_in_one_line(bad):
    with pytest.raises(ArtifactError) as refused:
        any_picture.read(bad, (8, 8, 1), 256)
    assert "\n" not in str(refused.value)
    assert "0x" not in str(refused.value)


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(any_picture, "MOST_PIXELS", 63)
    with pytest.raises(ArtifactError, match="^8 x 8 pixels, expected at most 63 in all"):
        any_picture.read(content(GRAY), (8, 8, 1), 256)
