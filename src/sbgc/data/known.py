"""The datasets that are known by name: their upstream files, and how these are read."""

from collections.abc import Callable

from sbgc.artifacts import ArtifactError
from sbgc.config.datasets import FACTS
from sbgc.data import digits
from sbgc.data.fetch import Fetcher, Remote
from sbgc.data.formats import cifar, idx
from sbgc.data.labeled import Labeled, fingerprint, joined

MNIST = {  # as LeCun, Cortes & Burges 1998 published them
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
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
# Of all images in their upstream order, those set aside for tests last, and their labels (data/labeled.py).
FINGERPRINTS = {
    "digits": "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
    "mnist": "c2069063c1105f2bf96266aef1ff68c6e13bdda7a54e37bf19c16f1db24efc83",
    "cifar10": "795f1793d7b8f8883c578442a02455d2469d49685325e98ea0621b15f4a88d69",
}


def load(name: str, fetcher: Fetcher) -> Labeled:
    """The whole dataset. Raises ArtifactError when its pixels or labels are not those of `FINGERPRINTS`."""
    found = READERS[name](fetcher)
    digest = fingerprint(found.images, found.labels)
    if digest != FINGERPRINTS[name]:
        expected = FINGERPRINTS[name][:12]
        raise ArtifactError(f"{name}: found images and labels of sha256 {digest[:12]}, expected {expected}")
    return Labeled(found.images, found.labels, FACTS[name].official_test)


def _digits(fetcher: Fetcher) -> Labeled:
    return digits.load()  # they come with scikit-learn: nothing is fetched


def _mnist(fetcher: Fetcher) -> Labeled:
    parts = []
    for part in ("train", "t10k"):
        images, labels = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
        pixels = idx.read(fetcher.file(Remote(images, MNIST[images])).read_bytes(), images, axes=3)
        classes = idx.read(fetcher.file(Remote(labels, MNIST[labels])).read_bytes(), labels, axes=1)
        parts.append(Labeled(pixels[..., None], classes.astype("int64")))
    return joined(*parts)


def _cifar10(fetcher: Fetcher) -> Labeled:
    *train, test = (cifar.read_batch(fetcher.member(CIFAR10, name), name) for name in CIFAR10.members)
    whole = train[0]
    for batch in train[1:]:
        whole = joined(whole, batch)
    return joined(whole, test)


READERS: dict[str, Callable[[Fetcher], Labeled]] = {"digits": _digits, "mnist": _mnist, "cifar10": _cifar10}
