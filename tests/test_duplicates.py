import numpy as np

from sbgc.data.duplicates import digests, repeated, shared

IMAGES = np.arange(48, dtype=np.uint8).reshape(4, 3, 4, 1)


def test_an_image_that_equals_an_earlier_one_is_counted_once_for_each_repeat():
    assert repeated(digests(IMAGES)) == 0
    assert repeated(digests(IMAGES[[0, 1, 0, 0, 1]])) == 3


def test_images_that_are_among_others_are_counted():
    assert shared(digests(IMAGES[:2]), digests(IMAGES[2:])) == 0
    assert shared(digests(IMAGES[[0, 0, 1]]), digests(IMAGES[[0, 2, 0]])) == 2


def test_one_gray_level_makes_another_image():
    changed = IMAGES.copy()
    changed[0, 0, 0, 0] += 1
    assert shared(digests(changed), digests(IMAGES)) == 3


def test_the_order_in_memory_does_not_matter():
    assert digests(np.asfortranarray(IMAGES)) == digests(IMAGES)
