"""The samples: pixel by pixel."""

import figure_tables
import numpy as np
import pytest
from figure_reading import check_texts, small_print, written_texts
from PIL import Image

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import mosaic, samples, style


@pytest.mark.parametrize(("shape", "levels"), [((8, 8, 1), 17), ((32, 32, 3), 256)])
def test_every_image_pixel_is_a_square_of_device_pixels(shape, levels, tmp_path):
    train, generated = figure_tables.splits(shape, levels)
    figure = samples.draw(train, generated)
    style.write(figure, tmp_path / "samples.png")
    pixels = np.asarray(Image.open(tmp_path / "samples.png").convert("RGB")).astype(float)
    box = figure.axes[0].get_window_extent()
    size = round(box.width) // (12 * (shape[1] + 1) + mosaic.GAP)
    assert size >= mosaic.SMALLEST or figure.get_figwidth() > style.SINGLE_COLUMN
    white, top, left = float(train.images.max()), len(pixels) - round(box.y1), round(box.x0)
    for split, offset in ((generated, 0), (train, 8 * (shape[1] + 1) + mosaic.GAP)):
        for one in (0, 9):
            image = np.clip(np.floor(split.images[split.labels == one][1]), 0, white) / white * np.ones(3)
            row, column = top + size * one * (shape[0] + 1), left + size * (offset + shape[1] + 1)
            shown = pixels[row : row + size * shape[0], column : column + size * shape[1]]
            assert np.abs(shown - 255 * image.repeat(size, 0).repeat(size, 1)).max() <= 1


def test_samples_of_another_shape_than_the_training_images_are_refused():
    _, generated = figure_tables.splits()
    train, _ = figure_tables.splits((16, 16, 1))
    with pytest.raises(
        ArtifactError, match=r"samples: images of shape \(8, 8, 1\), training images of shape \(16, 16, 1\)"
    ):
        samples.draw(train, generated)


def test_no_samples_are_refused():
    train, generated = figure_tables.splits()
    none = Split(generated.images[:0], generated.labels[:0], generated.index[:0])
    with pytest.raises(ArtifactError, match="samples: holds no images"):
        samples.draw(train, none)


def many(side, classes, per_class, channels=3, **meta):
    """Training images and samples of one grey level each, which is the number of the class."""
    labels = np.repeat(np.arange(classes), per_class)
    images = np.ones((1, side, side, channels), np.uint8) * (labels % 256).astype(np.uint8)[:, None, None, None]
    split = Split(images, labels, np.arange(len(labels)), meta={"levels": 256} | meta)
    return split, Split(images.astype(np.float32), labels, split.index)


@pytest.mark.parametrize(
    ("side", "classes", "per_class", "channels"),
    [(8, 2, 8, 1), (8, 1000, 4, 1), (32, 100, 8, 3), (32, 10, 100, 3), (165, 2, 8, 3), (224, 10, 8, 3), (512, 3, 5, 1)],
)
def test_images_of_any_size_and_number_fit_on_a_page(side, classes, per_class, channels):
    figure = samples.draw(*many(side, classes, per_class, channels))
    width, height = figure.get_size_inches()
    assert 2 < width <= style.DOUBLE_COLUMN
    assert 0.9 < height < 9
    (box,) = [axes.get_window_extent() for axes in figure.axes]
    rows, columns = figure.axes[0].images[0].get_array().shape[:2]
    assert box.width / columns == pytest.approx(round(box.width / columns))
    assert box.height / rows == pytest.approx(box.width / columns)
    page = figure.bbox
    for text in written_texts(figure).values():
        assert text.x0 >= 0
        assert text.y0 >= 0
        assert text.x1 <= page.x1
        assert text.y1 <= page.y1


def test_of_many_classes_some_are_shown_and_the_small_print_says_how_many():
    figure = samples.draw(*many(8, 1000, 8))
    shown = [int(label.get_text()) for label in figure.axes[0].get_yticklabels()]
    assert len(shown) < 50
    assert (shown[0], shown[-1]) == (0, 999)
    assert np.ptp(np.diff(shown)) <= 1
    assert f"{len(shown)} of 1,000 classes are shown" in small_print(figure)


def test_of_many_samples_the_first_are_shown_and_the_small_print_says_so():
    assert "the first 16 of 100 samples per class" in small_print(samples.draw(*many(8, 2, 100)))


def test_dots_are_means_of_pixels_where_images_are_large():
    figure = samples.draw(*many(512, 2, 8))
    assert "A dot is the mean of 4 × 4 pixels" in small_print(figure)
    assert np.asarray(figure.axes[0].images[0].get_array())[0, 0] == pytest.approx(0, abs=0.01)


def test_rows_are_named_after_the_classes_and_long_names_are_cut():
    figure = samples.draw(*many(8, 2, 8, class_names=["cat", "a horse with a long name"]))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["cat", "a horse with…"]


def test_black_training_images_are_drawn():
    train, generated = many(8, 2, 8)
    samples.draw(Split(0 * train.images, train.labels, train.index, meta=train.meta), generated)


def of_models(count):
    """A training split, and the samples of so many models, of which each is one grey level lighter than the last."""
    train, generated = many(8, 10, 20, levels=10)
    kinds = ["score", "gaussian", "glow", "pixelcnn"]
    facts = [{"model": f"{kinds[n % 4]}_of_a_long_name_{n}", "kind": kinds[n % 4]} for n in range(count)]
    return train, [
        Split(generated.images + n, generated.labels, generated.index, meta=meta) for n, meta in enumerate(facts)
    ]


@pytest.mark.parametrize("count", [2, 4, 7])
def test_every_model_has_a_block_of_its_own_images_under_its_name(count):
    train, generated = of_models(count)
    figure = samples.draw(train, *generated)
    (axes,) = figure.axes
    titles = [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()]
    assert titles[-1] == "Real (training)"
    assert len(titles) == count + 1
    for n, middle in enumerate(axes.get_xticks()[:-1]):
        assert f"of a long name {n}" in titles[n]
        shown = np.asarray(axes.images[0].get_array())[:8, int(middle) - 9 : int(middle) + 9]
        assert np.isclose(shown, n / 9).any(axis=-1).mean() > 0.7  # the rest is white, between images
    assert f"the first {max(3, 16 // count)} of 20 samples per class and model" in small_print(figure)


@pytest.mark.parametrize("count", [2, 4, 7])
def test_the_names_of_models_stay_on_the_page_and_cover_nothing(count):
    train, generated = of_models(count)
    check_texts(samples.draw(train, *generated))
