"""The datasets that are known by name: their files as published, and how these are read."""

from collections.abc import Callable

import numpy as np

from sbgc.artifacts import ArtifactError
from sbgc.config.datasets import FACTS
from sbgc.data import digits
from sbgc.data.fetch import Fetcher, Remote
from sbgc.data.formats import cifar, idx
from sbgc.data.labeled import Labeled, fingerprint, joined

MNIST = {  # MD5s as LeCun, Cortes & Burges 1998 published the files, and of what is in them
    "train-images-idx3-ubyte": ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": ("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": ("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": ("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
}
KMNIST = (  # Clanuwat et al. 2018; the files of its test images
    Remote("kmnist-test-imgs.npz", "dace6de62ca8b90843cc45366337d02e"),
    Remote("kmnist-test-labels.npz", "3ae489a79983d0fe386152684e3b5412"),
)
CIFAR10 = Remote(  # Krizhevsky 2009
    "cifar-10-python.tar.gz",
    "c58f30108f718f92721af3b95e74349a",
    {
        "cifar-10-batches-py/data_batch_1": "c99cafc152244af753f735de768cd75f",
        "cifar-10-batches-py/data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
        "cifar-10-batches-py/data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
        "cifar-10-batches-py/data_batch_4": "634d18415352ddfa80567beed471001a",
        "cifar-10-batches-py/data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        "cifar-10-batches-py/test_batch": "40351d587109b95175f43aff81a1287e",
    },
)
# Of all images in their published order, those set aside for tests last, and their labels (data/labeled.py).
FINGERPRINTS = {
    "digits": "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
    "mnist": "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83",
    "kmnist": "b261a157ded5e2973938c34468741461b8ce1e598bcbab78df91503860f977f1",
    "cifar10": "795f1793d7b8f8883c578442a02455d2469d49685325e98ea0621b15f4a88d69",
}
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CLASS_NAMES = {
    "digits": tuple("0123456789"),
    "mnist": tuple("0123456789"),
    "kmnist": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    "cifar10": CIFAR10_CLASSES,
}


def load(name: str, fetcher: Fetcher) -> Labeled:
    """The whole dataset. Raises ArtifactError when its pixels or labels are not those of `FINGERPRINTS`."""
    found = READERS[name](fetcher)
    digest = fingerprint(found.images, found.labels)
    if digest != FINGERPRINTS[name]:
        expected = FINGERPRINTS[name][:12]
        raise ArtifactError(f"{name}: found images and labels of sha256 {digest[:12]}, expected {expected}")
    return Labeled(found.images, found.labels, FACTS[name].official_test, CLASS_NAMES[name])


def mnist_file(name: str) -> Remote:
    """A file of MNIST, gzipped as it is published; also unpacked, under the names that unpacking tools give it."""
    packed, unpacked = MNIST[name]
    return Remote(f"{name}.gz", packed, unpacked={name: unpacked, name.replace("-idx", ".idx"): unpacked})


def _digits(fetcher: Fetcher) -> Labeled:
    return digits.load()  # they come with scikit-learn: nothing is fetched


def _mnist(fetcher: Fetcher) -> Labeled:
    def array(name: str, axes: int) -> np.ndarray:
        path = fetcher.file(mnist_file(name))
        return idx.read(path.read_bytes(), path, axes)

    parts = []
    for part in ("train", "t10k"):
        pixels, classes = array(f"{part}-images-idx3-ubyte", axes=3), array(f"{part}-labels-idx1-ubyte", axes=1)
        parts.append(Labeled(pixels[..., None], classes.astype("int64")))
    return joined(*parts)


def _kmnist(fetcher: Fetcher) -> Labeled:
    pixels, classes = (np.load(fetcher.file(one), allow_pickle=False)["arr_0"] for one in KMNIST)
    return Labeled(pixels[..., None], classes.astype("int64"))


def _cifar10(fetcher: Fetcher) -> Labeled:
    *train, test = (cifar.read_batch(fetcher.member(CIFAR10, name), name) for name in CIFAR10.members)
    whole = train[0]
    for batch in train[1:]:
        whole = joined(whole, batch)
    return joined(whole, test)


READERS: dict[str, Callable[[Fetcher], Labeled]] = {
    "digits": _digits,
    "mnist": _mnist,
    "kmnist": _kmnist,
    "cifar10": _cifar10,
}
