import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sbgc import runtime

GRADIENTS = """
import hashlib, jax, jax.numpy as jnp, sbgc

def loss(kernel, images):
    arrangement = ("NHWC", "HWIO", "NHWC")
    return jnp.sum(jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=arrangement) ** 2)

keys = jax.random.split(jax.random.key(0))
kernel, images = jax.random.normal(keys[0], (3, 3, 32, 32)), jax.random.normal(keys[1], (128, 8, 8, 32))
print(hashlib.sha256(jax.jit(jax.grad(loss))(kernel, images).tobytes()).hexdigest())
"""
FUNCTIONS = {
    "expm1 of two": lambda x, m: m.expm1(-x) * m.expm1(-2 * x),
    "log1p of two": lambda x, m: m.log1p(x) / m.log1p(3 * x),
    "sum of squares": lambda x, m: (x - 1) ** 2 + m.exp(-x) ** 2,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_compiled_sum_is_that_of_numpy(function):
    """jaxlib 0.10.2 returns the sum of expm1(-x)^2 for the first, unless sbgc/__init__.py forbids its fusion."""
    x = np.random.default_rng(0).uniform(0.1, 4.0, (128, 512)).astype(np.float32)
    found = jax.jit(lambda x: function(x, jnp).sum(axis=1))(x)
    np.testing.assert_allclose(found, function(x.astype(float), np).sum(axis=1), rtol=1e-5)


def test_long_matrix_products_are_summed_row_by_row():
    """jax-ml/jax issue 39103: the last row was that of another tile."""
    rows = jnp.stack([jnp.arange(32_769.0), jnp.zeros(32_769), jnp.zeros(32_769)], axis=1)
    found = jax.jit(jax.vmap(lambda row: jnp.sum((jnp.eye(3) @ row) ** 2)))(rows)
    np.testing.assert_allclose(found, np.arange(32_769.0) ** 2, rtol=1e-6)


def test_what_is_set_stays_and_the_rest_is_missing():
    absent = runtime.missing({"MALLOC_TOP_PAD_": "0", "XLA_FLAGS": "--xla_cpu_enable_fast_math=false"})
    assert "MALLOC_TOP_PAD_" not in absent
    assert absent["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false --xla_cpu_prefer_vector_width=512"
    assert absent["MALLOC_MMAP_MAX_"] == "0"


def test_nothing_is_missing_twice():
    assert runtime.missing(runtime.missing({})) == {}
    assert "XLA_FLAGS" not in runtime.missing({"XLA_FLAGS": "--xla_cpu_prefer_vector_width=256"})


def test_the_facts_name_the_threads_and_flags_that_move_last_bits(monkeypatch):
    monkeypatch.setenv("PJRT_NPROC", "3")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_prefer_vector_width=256 --xla_cpu_enable_fast_math=false")
    flags = os.environ["XLA_FLAGS"]
    assert runtime.facts() == {"threads": 3, "vector_width": 256, "xla_flags": flags}


def test_the_last_of_two_vector_widths_counts_as_it_does_for_xla(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_prefer_vector_width=128 --xla_cpu_prefer_vector_width=512")
    assert runtime.facts()["vector_width"] == 512
    monkeypatch.delenv("XLA_FLAGS")
    assert runtime.facts()["vector_width"] is None


def test_threads_are_those_that_a_variable_names_or_as_many_as_the_cores(monkeypatch):
    monkeypatch.setenv("NPROC", "5")
    monkeypatch.delenv("PJRT_NPROC", raising=False)
    assert runtime.facts()["threads"] == 5
    monkeypatch.setenv("PJRT_NPROC", "7")
    assert runtime.facts()["threads"] == 7
    program = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    program += "from sbgc import runtime; print(runtime.facts()['threads'])"
    monkeypatch.delenv("NPROC")
    monkeypatch.delenv("PJRT_NPROC")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"


def summed(cores, threads):
    """A digest of what gradients of a convolution are, computed in a process that may use so many cores."""
    program = f"import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:{cores}])\n{GRADIENTS}"
    environment = os.environ | {"PJRT_NPROC": str(threads)}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return ran.stdout


def test_the_number_of_cores_moves_no_bit_and_that_of_threads_does():
    usual = summed(2, 2)
    assert summed(1, 2) == usual
    assert summed(2, 1) != usual
