"""CIFAR-10-C, the official archive of corrupted test images (Hendrycks & Dietterich 2019; Zenodo record 2535967).

A member holds the 10,000 test images of CIFAR-10 in their upstream order, five times: severity 1 first.
"""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from sbgc.artifacts import ArtifactError, Split
from sbgc.data.fetch import Remote
from sbgc.data.formats.tree import cannot_be_read

IMAGES, SEVERITIES = 10_000, 5
SHAPE = (SEVERITIES * IMAGES, 32, 32, 3)
MD5 = {
    "brightness": "0a81ef75e0b523c3383219c330a85d48",
    "contrast": "3c8262171c51307f916c30a3308235a8",
    "defocus_blur": "7d1322666342a0702b1957e92f6254bc",
    "elastic_transform": "9421657c6cd452429cf6ce96cc412b5f",
    "fog": "7b397314b5670f825465fbcd1f6e9ccd",
    "frost": "31f6ab3bce1d9934abfb0cc13656f141",
    "gaussian_blur": "c33370155bc9b055fb4a89113d3c559d",
    "gaussian_noise": "ecaf8b9a2399ffeda7680934c33405fd",
    "glass_blur": "7361fb4019269e02dbf6925f083e8629",
    "impulse_noise": "2090e01c83519ec51427e65116af6b1a",
    "jpeg_compression": "2b9cc4c864e0193bb64db8d7728f8187",
    "motion_blur": "fffa5f852ff7ad299cfe8a7643f090f4",
    "pixelate": "0f14f7e2db14288304e1de10df16832f",
    "saturate": "1cfae0964219c5102abbb883e538cc56",
    "shot_noise": "3a7239bb118894f013d9bf1984be7f11",
    "snow": "bb238de8555123da9c282dea23bd6e55",
    "spatter": "8a5a3903a7f8f65b59501a6093b4311e",
    "speckle_noise": "ef00b87611792b00df09c0b0237a1e30",
    "zoom_blur": "6ea8e63f1c5cdee1517533840641641b",
}
ARCHIVE = Remote(
    "CIFAR-10-C.tar",
    "56bf5dcef84df0e2308c6dcbcbbd8499",
    {f"CIFAR-10-C/{name}.npy": md5 for name, md5 in MD5.items()},
)


def corrupted(split: Split, kind: str, path: Path) -> Split:
    """Test images of CIFAR-10 at severities 1 to 5, stacked in this order, with the column `severity`.

    Index and labels stay those of the split. Raises as `images` does.
    """
    severities = np.arange(1, SEVERITIES + 1)
    stacked = split.take(np.tile(np.arange(len(split)), SEVERITIES))
    place = split.index - split.meta["first_test"]
    pixels = np.concatenate([images(path, place, int(severity)) for severity in severities])
    columns = stacked.columns | {"severity": np.repeat(severities, len(split))}
    meta = split.meta | {"split": f"corrupt-{kind}", "corruption": kind, "corruption_source": "CIFAR-10-C"}
    return Split(pixels, stacked.labels, stacked.index, columns, meta)


def images(path: Path, index: np.ndarray, severity: int) -> UInt8[np.ndarray, "n 32 32 3"]:
    """The test images at these places in the test set, corrupted with a severity of 1 to 5; no others are read.

    Raises ArtifactError when the file is not such an array, or does not hold that place or severity.
    """
    try:
        whole = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise cannot_be_read(path, error) from error
    except (ValueError, EOFError) as error:
        raise ArtifactError(f"{path}: not an array: {' '.join(str(error).split())}") from error
    if whole.shape != SHAPE or whole.dtype != np.uint8:
        expected = f"uint8 {list(SHAPE)}: five severities of all test images"
        raise ArtifactError(f"{path}: found {whole.dtype} {list(whole.shape)}, expected {expected}")
    if severity not in range(1, SEVERITIES + 1):
        raise ArtifactError(f"severity = {severity}: must be 1 to {SEVERITIES}")
    if len(index) and not 0 <= index.min() <= index.max() < IMAGES:
        raise ArtifactError(f"test image {index.max()}: CIFAR-10-C has {IMAGES}")
    return np.asarray(whole[(severity - 1) * IMAGES + index])
