"""Environment variables that a process needs before it loads JAX: they change how fast a result comes, nothing else.

benchmarks/training_step.py measures what they are worth. A variable that is set already stays as it is; XLA_FLAGS holds
several, of which those that are not set yet are added.
"""

import os
from collections.abc import Mapping

# XLA's CPU backend takes 256-bit vectors also where the machine has 512-bit ones; on others the wish has no effect.
VECTORS = "--xla_cpu_prefer_vector_width"
ENVIRONMENT = {
    # glibc gives every large buffer back to the kernel and faults it in anew: a quarter of a small net's training step.
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(2**36),
    "MALLOC_TOP_PAD_": str(2**27),
    # A program of the same shape compiles once an experiment, not once a job.
    "JAX_COMPILATION_CACHE_DIR": ".cache/jax",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
}


def missing(environment: Mapping[str, str]) -> dict[str, str]:
    """What of these `environment` does not set."""
    absent = {name: value for name, value in ENVIRONMENT.items() if name not in environment}
    flags = environment.get("XLA_FLAGS", "")  # `import sbgc` has set one
    if VECTORS not in flags:
        absent["XLA_FLAGS"] = f"{flags} {VECTORS}=512".strip()
    return absent


def facts() -> dict[str, object]:
    """What a result's last digits may depend on besides its code, for a manifest."""
    return {"cores": len(os.sched_getaffinity(0)), "xla_flags": os.environ.get("XLA_FLAGS", "")}
