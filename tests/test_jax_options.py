"""What `import sbgc` settles, whatever the environment says."""

import os
import subprocess
import sys

import pytest

import sbgc

# Another value of each option, and of those that change a result on a CPU the one that does.
OTHERS = {
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_DISABLE_JIT": "1",
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "JAX_ENABLE_X64": "1",
    "JAX_HIGH_DYNAMIC_RANGE_GUMBEL": "1",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",
    "JAX_NUMPY_RANK_PROMOTION": "raise",
    "JAX_RANDOM_SEED_OFFSET": "5",
    "JAX_SOFTMAX_CUSTOM_JVP": "1",
    "JAX_THREEFRY_PARTITIONABLE": "0",
}
COMPUTATION = """
import hashlib, jax, jax.numpy as jnp, numpy as np

def loss(w, x):
    h = jax.nn.softmax(x @ w) @ jax.random.normal(jax.random.key(3), (16, 16))
    return jnp.sum(jnp.exp(-h) * h**3) + jax.random.gumbel(jax.random.key(1), (5,)).sum()

key = jax.random.key(0)
w, x = jax.random.normal(jax.random.fold_in(key, 1), (32, 16)), jax.random.normal(key, (64, 32))
value, gradient = jax.jit(jax.value_and_grad(loss))(w, x)
numbers = np.asarray(value), np.asarray(gradient), np.asarray(jnp.int32(1) + jnp.float32(0.5) * jnp.ones((2, 2)))
print(hashlib.sha256(b"".join(a.tobytes() + str(a.dtype).encode() for a in numbers)).hexdigest())
"""


def computed(imports, **environment):
    plain = {name: value for name, value in os.environ.items() if name not in OTHERS}
    command = [sys.executable, "-W", "error", "-c", imports + COMPUTATION]
    ran = subprocess.run(command, env=plain | environment, capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.fixture(scope="module")
def expected():
    return computed("import sbgc")


def test_every_option_has_another_value_here():
    assert sorted(OTHERS) == sorted(name.upper() for name in sbgc.JAX_OPTIONS)


@pytest.mark.parametrize("imports", ["import sbgc", "import jax; import sbgc"], ids=["sbgc first", "jax first"])
def test_variables_that_users_export_change_no_byte_of_a_result(expected, imports):
    assert computed(imports, **OTHERS) == expected


def test_those_variables_do_change_results_elsewhere(expected):
    """Else the tests above would show nothing."""
    alone = ["JAX_ENABLE_X64", "JAX_DEFAULT_PRNG_IMPL", "JAX_THREEFRY_PARTITIONABLE"]
    found = {computed("import jax", **{name: OTHERS[name]}) for name in alone}
    assert len(found | {expected}) == len(alone) + 1
