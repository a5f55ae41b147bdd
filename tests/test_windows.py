import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc.procedures.training import windows


@pytest.fixture(scope="module")
def split():
    return tiny.split(20)


def taken(split, first, stop, together):
    """The images and labels that steps of 8 images take, one by one."""
    found = []
    for step, count, window in windows.each(split, 0, 8, first, stop, together):
        assert count <= together
        found += [windows.batch(window, jnp.int32(number)) for number in range(step, step + count)]
    return found


def test_an_epoch_holds_every_image_once(split):
    labels = np.concatenate([labels for _, labels in taken(split, 0, 10, 1)])
    for epoch in range(4):  # 10 batches of 8 are 4 epochs of 20
        assert sorted(labels[20 * epoch : 20 * (epoch + 1)]) == sorted(split.labels)
    assert list(labels[:20]) != list(labels[20:40])


def test_images_keep_their_labels(split):
    of_label = {label: split.images[split.labels == label] for label in range(tiny.CLASSES)}
    for images, labels in taken(split, 0, 3, 1):
        for image, label in zip(np.asarray(images), np.asarray(labels), strict=True):
            assert (of_label[int(label)] == image).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize(("first", "together"), [(7, 1), (0, 2), (0, 3), (1, 4), (3, 50)])
def test_no_batch_depends_on_where_a_segment_starts_or_on_how_many_go_together(split, first, together):
    """Windows span three steps, or as many as go together."""
    whole, other = taken(split, 0, 11, 1), taken(split, first, 11, together)
    assert len(other) == 11 - first
    for (images, labels), (again, labeled) in zip(whole[first:], other, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labeled)


def test_steps_are_given_once_and_end_with_the_segment(split):
    for together in (1, 2, 3, 7):
        given = [(step, count, int(window.stop)) for step, count, window in windows.each(split, 0, 8, 2, 9, together)]
        assert [step + n for step, count, _ in given for n in range(count)] == list(range(2, 9))
        assert all(step + count <= stop <= 9 for step, count, stop in given)


def test_bytes_lie_on_the_device_as_bytes(split):
    (_, _, window), *_ = windows.each(split, 0, 8, 0, 1, 1)
    assert window.images.dtype == jnp.uint8
    assert windows.batch(window, jnp.int32(0))[0].dtype == jnp.float32


def test_a_set_smaller_than_a_batch_is_taken_several_times(split):
    (images, labels), *_ = taken(split.take(slice(3)), 0, 1, 1)
    assert len(images) == 8
    assert np.bincount(labels, minlength=3).tolist() in ([3, 3, 2], [3, 2, 3], [2, 3, 3])


def test_the_rows_of_a_long_training_are_counted_without_overflow():
    rows = windows.rows_of(7, 0, 2048, 10**9, 1)
    assert np.bincount(rows.ravel(), minlength=7).sum() == 2048
    np.testing.assert_array_equal(rows[0], windows.rows_of(7, 0, 2048, 10**9 - 1, 2)[1])
    assert jax.tree.map(np.shape, rows) == (1, 2048)
