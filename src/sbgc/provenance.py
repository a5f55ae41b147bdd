"""The manifest that travels with an artefact: which code made it, with which packages, on which machine."""

import importlib.metadata
import json
import platform
import subprocess
import sys
from collections.abc import Sequence

from sbgc import runtime
from sbgc.digests import PACKAGE, code_digest

__all__ = ["as_json", "code_digest", "manifest"]

# The packages that a number may depend on; a manifest names those that are installed.
REPORTED = (
    "diffrax",
    "equinox",
    "flax",
    "foolbox",
    "jax",
    "jaxlib",
    "numpy",
    "opencv-python-headless",
    "optax",
    "pandas",
    "pillow",
    "scikit-image",
    "scikit-learn",
    "scipy",
)


def manifest(modules: Sequence[str], **facts: object) -> dict[str, object]:
    """How this process computes: commit, code digest, versions, device and runtime, with the caller's own facts.

    modules: those whose closure made the result. facts: what the caller knows, such as the seed or the seconds taken.
    """
    return {
        "commit": _commit(),
        "code": code_digest(*modules),
        "python": platform.python_version(),
        "versions": _versions(),
        "device": _device(),
        "machine": platform.machine(),
        "runtime": runtime.facts(),
        **facts,
    }


def as_json(value: object) -> str:
    """JSON with sorted keys: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _versions() -> dict[str, str]:
    found = {}
    for package in REPORTED:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _device() -> str:
    """The kind of device that JAX computes on; "cpu" in a process that has not loaded JAX."""
    jax = sys.modules.get("jax")
    return jax.devices()[0].device_kind if jax else "cpu"


def _commit() -> str:
    """What `git describe` says of the working tree; "unknown" outside of one, or on a machine without git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        ran = subprocess.run(command, cwd=PACKAGE, capture_output=True, text=True)
    except FileNotFoundError:
        return "unknown"
    return ran.stdout.strip() or "unknown"
