"""Score-based generative classifiers (Zimmermann et al. 2021), reproduced.

Importing the package settles what its numbers depend on, whatever a user's environment says.
"""

import os
import sys

__version__ = "0.2.0"

# jaxlib 0.10.2 and 0.11.0 hand reductions on the CPU to a library with their inputs' arithmetic fused in, and get some
# silently wrong: sum(expm1(-x) * expm1(-2 x)) over 8192 numbers by a quarter (jax-ml/jax issues 39103 and 39257).
# XLA reads this when it compiles its first program, hence here.
_FUSION = "--xla_cpu_experimental_ynn_fusion_type"
if _FUSION not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FUSION}=".strip()

# Options of JAX on which results depend: which random numbers a key gives, in which type is computed, and what a
# compiler may round. Users export some of them for other programs. None: as the device has it.
JAX_OPTIONS: dict[str, bool | int | str | None] = {
    "jax_default_matmul_precision": None,
    "jax_default_prng_impl": "threefry2x32",
    "jax_disable_jit": False,
    "jax_disable_most_optimizations": False,
    "jax_enable_x64": False,
    "jax_high_dynamic_range_gumbel": False,
    "jax_numpy_dtype_promotion": "standard",
    "jax_numpy_rank_promotion": "allow",
    "jax_random_seed_offset": 0,
    "jax_softmax_custom_jvp": False,
    "jax_threefry_partitionable": True,
}


def _settle() -> None:
    """Set the options in the environment, where JAX finds them, and in JAX itself if it is loaded already."""
    for name, value in JAX_OPTIONS.items():
        if value is None:
            os.environ.pop(name.upper(), None)
        else:
            os.environ[name.upper()] = str(int(value)) if isinstance(value, bool) else str(value)
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(name, value)


_settle()
