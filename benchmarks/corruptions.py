"""All 19 corruptions of CIFAR-10's test images at five severities: the time they take, and whether seven are official.

    python benchmarks/corruptions.py --data FOLDER [--processes 2] --out benchmarks/results/corruptions.json

FOLDER holds CIFAR-10's test_batch. Seven corruptions use no random numbers. For each of them the MD5 of the whole file
is compared with that of CIFAR-10-C's official file. The bytes of JPEG depend on the library's version, and the official
files of all other corruptions were drawn without a seed.
"""

import argparse
import hashlib
import io
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from sbgc import artifacts, provenance
from sbgc.data import cifar10c
from sbgc.data.formats import cifar
from sbgc.maths.corruptions import KINDS, SEVERITIES, corrupt
from sbgc.progress import progress_bar

DETERMINISTIC = ("brightness", "contrast", "saturate", "pixelate", "defocus_blur", "gaussian_blur", "zoom_blur")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of CIFAR-10's batch files")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    images = cifar.read_batch((args.data / "test_batch").read_bytes(), args.data / "test_batch").images
    started, rows = time.monotonic(), []
    with ProcessPoolExecutor(args.processes) as pool, progress_bar(len(KINDS), "corruptions", "kind") as bar:
        for done in as_completed([pool.submit(measure, kind, images) for kind in KINDS]):
            rows.append(done.result())
            bar.update()
    result: dict[str, Any] = provenance.manifest(
        ["sbgc.maths.corruptions"],
        images=len(images) * len(SEVERITIES) * len(KINDS),
        processes=args.processes,
        seconds=round(time.monotonic() - started, 1),
        official={row["corruption"]: row["official"] for row in rows if row["official"] is not None},
        milliseconds_per_image={row["corruption"]: row["milliseconds"] for row in rows},
    )
    print(json.dumps(result, indent=2))
    if args.out:
        artifacts.write_json(args.out, result)
    sys.exit(not all(result["official"].values()))


def measure(kind: str, images: np.ndarray) -> dict[str, Any]:
    """The time that a corruption takes for all images at all severities, and whether its file is the official one."""
    started = time.monotonic()
    made = np.concatenate([corrupt(images, np.arange(len(images)), kind, s, 0, 256) for s in SEVERITIES])
    seconds = time.monotonic() - started
    official = md5(made) == cifar10c.MD5[kind] if kind in DETERMINISTIC else None
    return {"corruption": kind, "milliseconds": round(1e3 * seconds / len(made), 3), "official": official}


def md5(images: np.ndarray) -> str:
    """The MD5 of the .npy file that holds the images."""
    file = io.BytesIO()
    np.save(file, images)
    return hashlib.md5(file.getvalue(), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    main()
