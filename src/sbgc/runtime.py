"""Environment variables that make a process faster, and what of its surroundings moves the last bits of its results.

The variables must be set before a process loads JAX; benchmarks/training_step.py measures what they are worth. One that
is set already stays as it is. XLA_FLAGS holds several flags, and those of ours that are not among them are added.

All but two change no result. The exceptions are the width of the vectors that XLA computes with on a CPU, and the
number of threads that it divides an operation among: they decide in which order numbers are added up. Either changes
the last bits of a result, and so, after many steps, the bytes of a training. Where no variable says how many threads,
they are as many as the cores that the process may use. Results agree byte for byte between machines on which `facts`
agree, and a manifest records them.
"""

import os
import re
from collections.abc import Mapping

# XLA's CPU backend takes vectors of 256 bits even where the machine has those of 512; elsewhere this has no effect.
VECTORS = "--xla_cpu_prefer_vector_width"
# How many threads XLA takes on a CPU, so that the number of the machine's cores moves no bit of a result.
THREADS = "PJRT_NPROC"
TRAINING_THREADS = 2  # a step of the digits score model takes two thirds of the time that it takes on one thread
ENVIRONMENT = {
    # glibc gives every large buffer back to the kernel and faults it in anew: a quarter of a small net's training step.
    # What it is told holds for the main arena alone, and XLA allocates in threads that would have arenas of their own.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**36),
    "MALLOC_TOP_PAD_": str(2**27),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # pages of 2 MiB, of which there are fewer to look up
    # Two programs side by side, each on one thread, score a fifth more images than two that share two threads.
    THREADS: "1",
    # A program of the same shape is compiled once in an experiment, not once in every job.
    "JAX_COMPILATION_CACHE_DIR": ".cache/jax",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
}
# Objects that Python makes between two searches for garbage. JAX makes so many where it traces a function that with
# Python's own 700 a tenth of a short step is spent on searching.
GARBAGE = 100_000


def missing(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to add to an `environment` that sets some already."""
    absent = {name: value for name, value in ENVIRONMENT.items() if name not in environment}
    flags = environment.get("XLA_FLAGS", "")  # `import sbgc` has set one
    if VECTORS not in flags:
        absent["XLA_FLAGS"] = f"{flags} {VECTORS}=512".strip()
    return absent


def facts() -> dict[str, object]:
    """What moves the last bits of this process's results on a CPU, for a manifest.

    threads: that an operation is divided among. vector_width: in bits, as XLA is told; None where it decides by itself.
    xla_flags: all of them.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    widths = re.findall(rf"{VECTORS}=(\d+)", flags)
    said = os.environ.get(THREADS, os.environ.get("NPROC", ""))  # XLA reads the second one too
    threads = int(said) if said.isdigit() else _cores()
    return {"threads": threads, "vector_width": int(widths[-1]) if widths else None, "xla_flags": flags}


def _cores() -> int:
    """The cores that this process may use; all of the machine where the system tells no more (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
