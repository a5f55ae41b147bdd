"""Types and shapes are checked at every call of a traced function; `strict` forbids silent promotions as well."""

from collections.abc import Iterator

import jax
import pytest
from jaxtyping import install_import_hook

CHECKED = ("sbgc.maths", "sbgc.nets", "sbgc.models", "sbgc.procedures")

# Here, because it works on what is imported after it.
install_import_hook(CHECKED, "beartype.beartype")


@pytest.fixture
def strict() -> Iterator[None]:
    """JAX raises where it would add axes to an array, or widen a dtype."""
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield
