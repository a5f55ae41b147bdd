"""Types and shapes are checked at every call of a traced function; `strict` forbids silent promotions as well."""

import contextlib
import ctypes
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

import sbgc
from sbgc import runtime

os.environ.setdefault(runtime.THREADS, "1")  # before JAX, which this imports: each worker has one core
UNOPTIMIZED = "--xla_backend_optimization_level=0"
AS_FOR_USERS = "SBGC_AS_FOR_USERS"  # set where tests are about programs as users get them (test_as_for_users.py)
if AS_FOR_USERS not in os.environ:
    # Most programs run once or twice, and take two thirds of the time to compile where LLVM optimizes nothing. JAX's
    # own option for it leaves most of the optimization of a CPU's code in place.
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {UNOPTIMIZED}".strip()
import jax  # noqa: E402

CHECKED = [f"{sbgc.__name__}.{layer}" for layer in ("maths", "nets", "models", "fitting", "explaining", "procedures")]

ENOUGH = 2**30  # bytes of a worker: two of them and what they start stay below 4 GiB
WHOLE_WORKFLOWS = (
    "test_imagenet.py",
    "test_slurm.py",
    "test_reruns.py",
    "test_workflow.py",
    "test_new_kind.py",
    "test_devices.py",
)

gc.set_threshold(runtime.GARBAGE)
# The same small programs are compiled by many tests, and again in every run.
jax.config.update("jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".cache" / "jax-tests"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

# Here, because it works on what is imported after it.
install_import_hook(CHECKED, "beartype.beartype")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run whole workflows go first: at the end, one worker would wait for them while the others are done."""
    items.sort(key=lambda item: item.path.name not in WHOLE_WORKFLOWS)


@pytest.fixture(autouse=True, scope="module")
def _one_modules_programs() -> Iterator[None]:
    """Compiled programs of one module serve hardly another, and a worker that keeps them all holds gigabytes."""
    yield
    if _resident() > ENOUGH:
        jax.clear_caches()
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # of glibc alone: it hands freed memory back to the system
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


@pytest.fixture
def strict() -> Iterator[None]:
    """JAX raises where it would add axes to an array, or widen a dtype."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture(scope="session")
def data_folder():
    """Real MNIST and CIFAR-10 files: in the folder that SBGC_DATA names, or in shared/data beside the repository."""
    named = os.environ.get("SBGC_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the upstream files of MNIST and CIFAR-10: set SBGC_DATA to their folder ({folder} is none)")
    return folder
