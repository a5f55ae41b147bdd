import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny

from sbgc import artifacts
from sbgc.procedures.training import windows


@pytest.fixture(scope="module")
def split():
    return tiny.split(20)


BATCHES = windows.Batches(0, 8, False)
OF_ONE_CLASS = BATCHES._replace(one_class=True)


def taken(split, first, stop, together, batches=BATCHES):
    """The images and labels that steps of 8 images take, one by one."""
    found = []
    for step, count, window in windows.each(split, batches, first, stop, together):
        assert count <= together
        found += [windows.batch(window, jnp.int32(number)) for number in range(step, step + count)]
    return found


def test_an_epoch_holds_every_image_once(split):
    labels = np.concatenate([labels for _, labels in taken(split, 0, 10, 1)])
    for epoch in range(4):  # 10 batches of 8 are 4 epochs of 20
        assert sorted(labels[20 * epoch : 20 * (epoch + 1)]) == sorted(split.labels)
    assert list(labels[:20]) != list(labels[20:40])


def test_classes_take_turns_and_have_epochs_of_their_own():
    """Classes of 3, 5 and 8 images: after 15 batches of 8, each class has seen 40."""
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [3, 5, 8]))
    rows = OF_ONE_CLASS.rows(labels, 0, 15)
    for step, batch in enumerate(rows):
        assert (labels[batch] == step % 3).all()
    for label, size in enumerate([3, 5, 8]):
        in_turn = rows[label::3].ravel()
        for epoch in range(40 // size):
            own = np.flatnonzero(labels == label)
            np.testing.assert_array_equal(np.sort(in_turn[size * epoch : size * (epoch + 1)]), own)


def test_images_keep_their_labels(split):
    of_label = {label: split.images[split.labels == label] for label in range(tiny.CLASSES)}
    for images, labels in taken(split, 0, 3, 1):
        for image, label in zip(np.asarray(images), np.asarray(labels), strict=True):
            assert (of_label[int(label)] == image).all(axis=(1, 2, 3)).any()


@pytest.mark.parametrize("batches", [BATCHES, OF_ONE_CLASS])
@pytest.mark.parametrize(("first", "together"), [(7, 1), (0, 2), (0, 3), (1, 4), (3, 50)])
def test_no_batch_depends_on_where_a_segment_starts_or_on_how_many_go_together(split, batches, first, together):
    """Windows span three steps, or as many as go together."""
    whole, other = taken(split, 0, 11, 1, batches), taken(split, first, 11, together, batches)
    assert len(other) == 11 - first
    for (images, labels), (again, labeled) in zip(whole[first:], other, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labeled)


def test_steps_are_given_once_and_end_with_the_segment(split):
    for together in (1, 2, 3, 7):
        given = [
            (step, count, int(window.stop)) for step, count, window in windows.each(split, BATCHES, 2, 9, together)
        ]
        assert [step + n for step, count, _ in given for n in range(count)] == list(range(2, 9))
        assert all(step + count <= stop <= 9 for step, count, stop in given)


def test_bytes_lie_on_the_device_as_bytes(split):
    (_, _, window), *_ = windows.each(split, BATCHES, 0, 1, 1)
    assert window.images.dtype == jnp.uint8
    assert windows.batch(window, jnp.int32(0))[0].dtype == jnp.float32


def test_a_set_smaller_than_a_batch_is_taken_several_times(split):
    (images, labels), *_ = taken(split.take(slice(3)), 0, 1, 1)
    assert len(images) == 8
    assert np.bincount(labels, minlength=3).tolist() in ([3, 3, 2], [3, 2, 3], [2, 3, 3])


def test_the_rows_of_a_long_training_are_counted_without_overflow():
    batches, labels = BATCHES._replace(size=2048), np.arange(7)
    rows = batches.rows(labels, 10**9, 1)
    assert np.bincount(rows.ravel(), minlength=7).sum() == 2048
    np.testing.assert_array_equal(rows[0], batches.rows(labels, 10**9 - 1, 2)[1])
    assert jax.tree.map(np.shape, rows) == (1, 2048)


@pytest.mark.parametrize("batches", [BATCHES, OF_ONE_CLASS])
@pytest.mark.parametrize(("first", "together"), [(0, 1), (7, 2), (1, 4), (3, 50)])
def test_images_in_files_make_the_same_batches(split, tmp_path, batches, first, together):
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", split, margin=0, files=3))
    whole, other = taken(split, first, 11, 1, batches), taken(stored, first, 11, together, batches)
    assert len(other) == 11 - first
    for (images, labels), (again, labeled) in zip(whole, other, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labeled)


def test_of_images_in_files_only_those_of_a_few_steps_are_read(split, tmp_path):
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", split, margin=0, files=3))
    shapes = {window.images.shape for _, _, window in windows.each(stored, BATCHES, 0, 9, 2)}
    assert shapes == {(16, *tiny.SHAPE)}  # one shape, or each other one would be compiled for itself


def test_a_file_that_fails_while_it_is_read_ahead_is_no_end_of_the_training(split, tmp_path):
    stored = artifacts.read_split(tiny.in_files(tmp_path / "train.npz", split, margin=0, files=3))

    class Damaged(artifacts.StoredImages):
        def __init__(self):
            self.shape, self.dtype, self.ndim = stored.images.shape, stored.images.dtype, 4

        def __getitem__(self, rows):
            raise OSError(5, "Input/output error")

    broken = artifacts.Split(Damaged(), stored.labels, stored.index)
    with pytest.raises(OSError, match="Input/output error"):
        list(windows.each(broken, BATCHES, 0, 9, 2))
