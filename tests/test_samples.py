"""The samples: pixel by pixel."""

import figure_tables
import numpy as np
import pytest
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
