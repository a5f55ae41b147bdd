"""Types and shapes are checked at every call of a traced function; `strict` forbids silent promotions as well."""

from collections.abc import Iterator
from pathlib import Path

import jax
import pytest
from jaxtyping import install_import_hook

import sbgc

CHECKED = [f"{sbgc.__name__}.{layer}" for layer in ("maths", "nets", "models", "procedures")]

# The same small programs are compiled by many tests, and again in every run.
jax.config.update("jax_compilation_cache_dir", str(Path(__file__).parents[1] / ".cache" / "jax-tests"))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

# Here, because it works on what is imported after it.
install_import_hook(CHECKED, "beartype.beartype")


@pytest.fixture
def strict() -> Iterator[None]:
    """JAX raises where it would add axes to an array, or widen a dtype."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield
