"""The samples: pixel by pixel."""

import figure_tables
import numpy as np
import pytest
from figure_reading import small_print, written_texts
from PIL import Image

from sbgc.artifacts import ArtifactError, Split
from sbgc.figures import samples, style


@pytest.mark.parametrize(("shape", "levels"), [((8, 8, 1), 17), ((32, 32, 3), 256)])
def test_every_image_pixel_is_a_square_of_device_pixels(shape, levels, tmp_path):
    generated, train = figure_tables.splits(shape, levels)
    figure = samples.draw(generated, train)
    style.write(figure, tmp_path / "samples.png")
    pixels = np.asarray(Image.open(tmp_path / "samples.png").convert("RGB")).astype(float)
    box = figure.axes[0].get_window_extent()
    size = round(box.width) // (12 * (shape[1] + 1) + samples.GAP)
    assert size >= samples.SMALLEST or figure.get_figwidth() > style.SINGLE_COLUMN
    white, top, left = float(train.images.max()), len(pixels) - round(box.y1), round(box.x0)
    for split, offset in ((generated, 0), (train, 8 * (shape[1] + 1) + samples.GAP)):
        for one in (0, 9):
            image = np.clip(np.floor(split.images[split.labels == one][1]), 0, white) / white * np.ones(3)
            row, column = top + size * one * (shape[0] + 1), left + size * (offset + shape[1] + 1)
            shown = pixels[row : row + size * shape[0], column : column + size * shape[1]]
            assert np.abs(shown - 255 * image.repeat(size, 0).repeat(size, 1)).max() <= 1


def test_samples_of_another_shape_than_the_training_images_are_refused():
    generated, _ = figure_tables.splits()
    _, train = figure_tables.splits((16, 16, 1))
    with pytest.raises(
        ArtifactError, match=r"samples: images of shape \(8, 8, 1\), training images of shape \(16, 16, 1\)"
    ):
        samples.draw(generated, train)


def test_no_samples_are_refused():
    generated, train = figure_tables.splits()
    none = Split(generated.images[:0], generated.labels[:0], generated.index[:0])
    with pytest.raises(ArtifactError, match="samples: holds no images"):
        samples.draw(none, train)


def many(side, classes, per_class, channels=3, **meta):
    """Samples and training images of one grey level each, which is the number of the class."""
    labels = np.repeat(np.arange(classes), per_class)
    images = np.ones((1, side, side, channels), np.uint8) * (labels % 256).astype(np.uint8)[:, None, None, None]
    split = Split(images, labels, np.arange(len(labels)), meta=meta)
    return Split(images.astype(np.float32), labels, split.index), split


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
    generated, train = many(8, 2, 8)
    samples.draw(generated, Split(0 * train.images, train.labels, train.index))
