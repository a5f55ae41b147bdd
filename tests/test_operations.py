import jax
import jax.numpy as jnp

from sbgc import operations


def test_a_matrix_product_takes_two_operations_for_each_of_its_products():
    one = jax.ShapeDtypeStruct((5, 7), jnp.float32)
    assert operations.count(jax.jit(lambda a: a @ a.T), one) == 2 * 5 * 7 * 5


def test_a_backend_that_does_not_count_gives_none():
    class Uncounted:
        def lower(self, *arguments):
            return self

        def cost_analysis(self):
            return None

    assert operations.count(Uncounted(), 1.0) is None
