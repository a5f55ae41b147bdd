import numpy as np
import pytest
from PIL import Image

from sbgc.artifacts import ArtifactError
from sbgc.data.formats import picture

H, W = 4, 6
RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (H, W)).astype(np.uint8)
COLOR = RNG.integers(0, 256, (H, W, 3)).astype(np.uint8)
ALPHA = np.full((H, W, 1), 255, np.uint8)


@pytest.fixture
def saved(tmp_path):
    """Save an image, or an array as one, and return its path."""

    def save(image, ending="png", **options):
        path = tmp_path / f"image.{ending}"
        (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **options)
        return path

    return save


def read(path, channels=3, size=(H, W)):
    return picture.read(path, (*size, channels))


@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "ppm"])
def test_pixels_of_lossless_formats_are_read_as_they_are(saved, ending):
    pixels, remarks = read(saved(COLOR, ending))
    np.testing.assert_array_equal(pixels, COLOR)
    gray, no_remarks = read(saved(GRAY, ending), channels=1)
    np.testing.assert_array_equal(gray[..., 0], GRAY)
    assert remarks == no_remarks == []


def test_gray_levels_are_repeated_in_three_channels_and_the_caller_is_told(saved):
    pixels, remarks = read(saved(GRAY))
    np.testing.assert_array_equal(pixels, np.stack([GRAY] * 3, axis=-1))
    assert remarks == ["changed from gray to three equal channels"]


def test_colors_become_their_luma_and_the_caller_is_told(saved):
    pixels, remarks = read(saved(COLOR), channels=1)
    assert np.abs(pixels[..., 0] - COLOR @ np.array([0.299, 0.587, 0.114])).max() <= 0.51
    assert remarks == ["changed from color to gray"]


def test_a_gray_image_saved_with_three_channels_is_read_without_a_change(saved):
    pixels, remarks = read(saved(np.stack([GRAY] * 3, axis=-1)), channels=1)
    np.testing.assert_array_equal(pixels[..., 0], GRAY)
    assert remarks == []


def test_a_palette_gives_its_colors(saved):
    few = (GRAY // 64)[..., None] * np.array([60, 30, 80], np.uint8)
    for ending in ("png", "gif"):
        pixels, remarks = read(saved(Image.fromarray(few).quantize(4), ending))
        np.testing.assert_array_equal(pixels, few)
        assert remarks == []


def test_cmyk_is_changed_to_rgb_and_the_caller_is_told(saved):
    pixels, remarks = read(saved(Image.fromarray(COLOR).convert("CMYK"), "tif"))
    np.testing.assert_array_equal(pixels, COLOR)
    assert remarks == ["changed from CMYK to RGB"]


def deep(kind):
    """Images of more than 8 bits a sample, or of another kind than unsigned whole numbers."""
    return {
        "16 bits": (RNG.integers(0, 65536, (H, W)).astype(np.uint16), "png"),
        "12 bits in 16": (RNG.integers(0, 4096, (H, W)).astype(np.uint16), "tif"),
        "16 bits, PGM": (RNG.integers(0, 65536, (H, W)).astype(np.uint16), "pgm"),
        "32 bits": (RNG.integers(0, 2**31, (H, W)).astype(np.int32), "tif"),
        "fractions": (RNG.random((H, W)).astype(np.float32), "tif"),
    }[kind]


@pytest.mark.parametrize("kind", ["16 bits", "12 bits in 16", "16 bits, PGM", "32 bits", "fractions"])
@pytest.mark.parametrize("channels", [1, 3])
def test_deep_images_are_refused_by_name(saved, kind, channels):
    with pytest.raises(ArtifactError, match=r"image\.\w+: samples of another kind than unsigned 8 bits"):
        read(saved(*deep(kind)), channels)


@pytest.mark.parametrize("kind", ["png of 16 bits", "png with alpha of 16 bits", "ppm of 10 bits", "plain ppm", "tif"])
def test_deep_colors_are_refused_though_pillow_calls_them_rgb(tmp_path, kind):
    cv2 = pytest.importorskip("cv2")
    wide = RNG.integers(0, 1024, (H, W, 4)).astype(np.uint16)
    if kind == "plain ppm":
        path = tmp_path / "image.ppm"
        path.write_text(f"P3 {W} {H} 1023 " + " ".join(map(str, wide[..., :3].ravel())))
    elif kind == "ppm of 10 bits":
        path = tmp_path / "image.ppm"
        path.write_bytes(f"P6 {W} {H} 1023\n".encode() + wide[..., :3].astype(">u2").tobytes())
    else:
        path = tmp_path / f"image.{kind[:3]}"
        cv2.imwrite(str(path), wide if "alpha" in kind else wide[..., :3])
    with Image.open(path) as image:
        assert image.mode in ("RGB", "RGBA")
    with pytest.raises(ArtifactError, match=r"image\.\w+: samples of another kind than unsigned 8 bits"):
        read(path)


def test_signed_samples_are_refused(saved):
    path = saved(GRAY, "tif", tiffinfo={picture.SAMPLE_FORMAT: 2})
    with pytest.raises(ArtifactError, match="samples of another kind"):
        read(path, channels=1)


def transparent(form):
    """A palette image, a gray and a color one of which some pixels are transparent, as Pillow saves them."""
    holes = ALPHA.copy()
    holes[0, :2] = 0
    with_holes = Image.fromarray(np.concatenate([COLOR, holes], axis=2))
    return {
        "RGBA": (with_holes, {}),
        "LA": (Image.fromarray(np.stack([GRAY, holes[..., 0]], axis=-1)), {}),
        "palette": (Image.fromarray(GRAY % 4).convert("P"), {"transparency": 0}),
        "a gray level": (Image.fromarray(GRAY), {"transparency": int(GRAY[0, 0])}),
        "a color": (Image.fromarray(COLOR), {"transparency": tuple(map(int, COLOR[0, 0]))}),
    }[form]


@pytest.mark.parametrize("form", ["RGBA", "LA", "palette", "a gray level", "a color"])
@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_pixels_are_refused_by_name(saved, form, channels):
    image, options = transparent(form)
    with pytest.raises(ArtifactError, match=r"image.png: [1-9]\d* transparent pixels, expected none"):
        read(saved(image, **options), channels)


def test_an_alpha_channel_that_is_opaque_everywhere_is_dropped(saved):
    pixels, remarks = read(saved(np.concatenate([COLOR, ALPHA], axis=2)))
    np.testing.assert_array_equal(pixels, COLOR)
    gray, _ = read(saved(np.stack([GRAY, ALPHA[..., 0]], axis=-1)), channels=1)
    np.testing.assert_array_equal(gray[..., 0], GRAY)
    assert remarks == []


@pytest.mark.parametrize("ending", ["gif", "tif", "png", "webp"])
def test_more_than_one_frame_is_refused(saved, ending):
    frames = [Image.fromarray(255 * (level < GRAY).astype(np.uint8)).convert("RGB") for level in (50, 100, 150)]
    path = saved(frames[0], ending, save_all=True, append_images=frames[1:])
    with pytest.raises(ArtifactError, match=r"image.\w+: more than one frame or page, expected a single image"):
        read(path)


@pytest.mark.parametrize("ending", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turn_that_exif_asks_for_is_applied_and_told(saved, ending, orientation):
    stored = {  # EXIF 2.3, table 6: where row 0 and column 0 of the upright image lie
        1: COLOR, 2: COLOR[:, ::-1], 3: COLOR[::-1, ::-1], 4: COLOR[::-1],
        5: COLOR.swapaxes(0, 1), 6: COLOR.swapaxes(0, 1)[::-1], 7: COLOR[::-1, ::-1].swapaxes(0, 1),
        8: COLOR[::-1].swapaxes(0, 1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(np.ascontiguousarray(stored), ending, exif=exif, **({"lossless": True} if ending == "webp" else {}))
    pixels, remarks = read(path)
    np.testing.assert_array_equal(pixels, COLOR)
    assert remarks == (["turned as their EXIF or XMP data say"] if orientation > 1 else [])


def test_another_size_is_refused_before_any_pixel_is_decoded(saved, monkeypatch):
    path = saved(COLOR)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda image: pytest.fail("decoded"))
    with pytest.raises(ArtifactError, match=r"image.png: 4 x 6 pixels, expected 5 x 6"):
        read(path, size=(5, 6))


def test_an_image_that_lies_on_its_side_is_refused(saved):
    with pytest.raises(ArtifactError, match=r"image.png: 4 x 6 pixels, expected 6 x 4"):
        read(saved(COLOR), size=(W, H))


@pytest.mark.filterwarnings("ignore")  # Pillow's own, of the damage
@pytest.mark.parametrize("ending", ["png", "bmp", "tif", "ppm", "gif", "jpg", "webp"])
def test_damaged_files_are_read_or_refused_in_one_line(saved, ending):
    path = saved(Image.fromarray(COLOR), ending)
    whole, lines = path.read_bytes(), []
    for trial in range(150):
        rng = np.random.default_rng(trial)
        content = bytearray(whole[: rng.integers(1, len(whole) + 1)] if trial % 3 == 0 else whole)
        for place in rng.integers(0, len(content), rng.integers(1, 4)):
            content[place] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            assert read(path)[0].shape == (H, W, 3)
        except ArtifactError as error:
            lines.append(str(error))
    assert lines
    assert all(line.startswith(str(path)) and "\n" not in line for line in lines)


def test_text_is_no_image_and_an_unreadable_file_is_not_called_damaged(tmp_path):
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(ArtifactError, match=r"a.png: not an image: cannot identify"):
        read(tmp_path / "a.png")
    with pytest.raises(ArtifactError, match=r"b.png: cannot be read: No such file"):
        read(tmp_path / "b.png")


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, AssertionError])
def test_no_other_error_is_blamed_on_the_file(saved, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(error):
        read(saved(COLOR))
