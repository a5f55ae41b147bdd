import numpy as np
import pytest
from PIL import Image

from sbgc.artifacts import Split
from sbgc.procedures.tables.complexity import complexity_table, png_bits

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(256, size=(28, 28, 1)).astype(np.uint8)


def test_a_plain_image_is_short_and_noise_is_as_long_as_its_pixels():
    plain = png_bits(np.full((28, 28, 1), 7, np.uint8))
    assert plain < 8 * 100
    assert png_bits(NOISE) >= 8 * 28 * 28


def test_it_is_the_length_of_the_file_that_pillow_writes(tmp_path):
    colored = RANDOM.integers(9, size=(12, 10, 3)).astype(np.uint8)
    Image.fromarray(colored).save(tmp_path / "one.png", compress_level=9)
    assert png_bits(colored) == 8 * (tmp_path / "one.png").stat().st_size
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "one.png")), colored)


def split(name, columns=None):
    images = RANDOM.integers(256, size=(4, 8, 8, 1)).astype(np.uint8)
    columns = {key: np.array(values) for key, values in (columns or {}).items()}
    return Split(images, np.zeros(4, int), np.arange(4) + 10, columns, {"split": name})


def test_every_image_has_a_row_that_says_which_it_is():
    fog = split("corrupt-fog", {"corruption": ["fog"] * 4, "severity": [1, 1, 2, 2]})
    shuffled = split("outliers", {"set": ["shuffled"] * 4, "altered": [True] * 4})
    table = complexity_table([(split("train"), 2), (split("test"), 3), (fog, 4), (shuffled, 4)])
    assert table.groupby("set", sort=False).size().to_dict() == {"train": 2, "clean": 3, "fog": 4, "shuffled": 4}
    of_fog = table[table["set"] == "fog"]
    assert of_fog["severity"].tolist() == [1, 1, 2, 2]
    assert of_fog["png_bits"].tolist() == [png_bits(image) for image in fog.images]
    assert table.loc[table["set"] == "clean", "index"].tolist() == [10, 11, 12]


@pytest.mark.parametrize("levels", [17, 256])
def test_the_same_image_has_the_same_length_in_another_order(levels):
    one = split("test")
    table, turned = (complexity_table([(part, 4)]) for part in (one, one.take(np.array([3, 1, 0, 2]))))
    merged = table.merge(turned, on=["set", "severity", "index"])
    assert (merged["png_bits_x"] == merged["png_bits_y"]).all()
