"""What the known datasets are, whatever config.yaml says."""

from typing import NamedTuple


class Facts(NamedTuple):
    """How many images, how many of them its publishers set aside for tests (0: they did not), and of what kind."""

    images: int
    official_test: int
    levels: int
    image_shape: tuple[int, int, int]
    num_classes: int


FACTS = {
    "digits": Facts(1797, 0, 17, (8, 8, 1), 10),
    "mnist": Facts(70_000, 10_000, 256, (28, 28, 1), 10),
    "kmnist": Facts(10_000, 10_000, 256, (28, 28, 1), 10),  # its test images, which are outliers for a model of MNIST
    "cifar10": Facts(60_000, 10_000, 256, (32, 32, 3), 10),
}
