import gzip
import json

import numpy as np
import pytest

from sbgc import artifacts
from sbgc.artifacts import ArtifactError
from sbgc.config.datasets import FACTS
from sbgc.data import known
from sbgc.data.fetch import Fetcher
from sbgc.data.labeled import Labeled, fingerprint
from sbgc.steps import fetch_dataset


def load(name, folder):
    return known.load(name, Fetcher([str(folder)], folder / "no-cache", lambda name: False))


@pytest.mark.parametrize("name", ["mnist", "kmnist", "cifar10"])
def test_pixels_and_labels_are_those_of_upstream(name, data_folder):
    """To the byte: the sha256 of all pixels and labels stands in `FINGERPRINTS`."""
    found, facts = load(name, data_folder), FACTS[name]
    assert fingerprint(found.images, found.labels) == known.FINGERPRINTS[name]
    assert found.images.shape == (facts.images, *facts.image_shape)
    assert (found.official_test, int(found.labels.max()) + 1) == (facts.official_test, facts.num_classes)


def test_the_first_and_the_last_images_are_where_upstream_has_them(data_folder):
    """Their labels, of which both datasets' pages show some: MNIST begins with 5 and 0, CIFAR-10 with a frog."""
    mnist, cifar = (load(name, data_folder).labels for name in ("mnist", "cifar10"))
    assert mnist[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist[60_000:60_005].tolist() == [7, 2, 1, 0, 4]
    assert cifar[:5].tolist() == [6, 9, 9, 4, 1]
    assert cifar[50_000:50_005].tolist() == [3, 8, 8, 0, 6]


def test_digits_are_those_of_the_fingerprint(tmp_path):
    assert load("digits", tmp_path).images.shape == (1797, 8, 8, 1)


def test_another_image_or_label_is_refused_in_one_line(tmp_path, monkeypatch):
    whole = load("digits", tmp_path)
    for images, labels in ((whole.images ^ np.uint8(1), whole.labels), (whole.images, (whole.labels + 1) % 10)):
        changed = Labeled(images, labels)
        monkeypatch.setitem(known.READERS, "digits", lambda _, changed=changed: changed)
        line = r"^digits: found images and labels of sha256 [0-9a-f]{12}, expected 87ff0c9e40dc"
        with pytest.raises(ArtifactError, match=line):
            load("digits", tmp_path)


@pytest.mark.parametrize("name", FACTS)
def test_every_known_dataset_has_a_reader_and_a_fingerprint(name):
    assert name in known.READERS
    assert len(known.FINGERPRINTS[name]) == 64


@pytest.mark.parametrize("name", FACTS)
def test_every_class_of_a_known_dataset_has_a_name_of_its_own(name):
    assert len(set(known.CLASS_NAMES[name])) == len(known.CLASS_NAMES[name]) == FACTS[name].num_classes


def test_classes_of_cifar10_are_named_as_its_archive_names_them(data_folder):
    (meta,) = data_folder.rglob("batches.meta")
    names = [name.encode() for name in known.CLASS_NAMES["cifar10"]]
    places = [meta.read_bytes().index(name) for name in names]
    assert places == sorted(places)


@pytest.mark.parametrize("dotted", [False, True])
def test_mnist_is_read_where_its_files_were_unpacked(data_folder, tmp_path, dotted):
    for packed in data_folder.rglob("*-ubyte.gz"):
        name = packed.name.removesuffix(".gz")
        place = tmp_path / "MNIST/raw" / (name.replace("-idx", ".idx") if dotted else name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.decompress(packed.read_bytes()))
    assert load("mnist", tmp_path).class_names == tuple("0123456789")


def test_cifar10_is_read_from_the_folder_of_its_batches(data_folder):
    (batch,) = data_folder.rglob("test_batch")
    assert len(load("cifar10", batch.parent).labels) == 60_000


def arguments(tmp_path, name, sources):
    return [f"--dataset={name}", f"--sources={json.dumps(sources)}", f"--cache={tmp_path}/c", f"--out={tmp_path}/x.npz"]


def test_the_step_writes_the_whole_dataset(tmp_path):
    fetch_dataset.main(arguments(tmp_path, "digits", []))
    found = artifacts.read_split(tmp_path / "x.npz")
    assert fingerprint(found.images, found.labels) == known.FINGERPRINTS["digits"]
    assert found.index.tolist() == list(range(1797))
    names = [str(digit) for digit in range(10)]
    assert found.meta == {"dataset": "digits", "levels": 17, "official_test": 0, "class_names": names}


def test_the_step_leaves_nothing_where_nothing_is_found(tmp_path):
    with pytest.raises(ArtifactError, match=r"train-images-idx3-ubyte.gz: found nowhere; .*no such folder"):
        fetch_dataset.main(arguments(tmp_path, "mnist", [f"{tmp_path}/nowhere"]))
    assert not list(tmp_path.iterdir())
