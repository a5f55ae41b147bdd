import jax.numpy as jnp
import numpy as np
import pytest

from sbgc.artifacts import ArtifactError
from sbgc.procedures.scoring import batch_programs

WEIGHTS = {"scale": jnp.ones(512)}


def quadratic(model, x):
    """Takes 1 MiB an image and more: the outer product of its 512 numbers."""
    outer = model["scale"] * x[:, :, None] * x[:, None, :]
    return jnp.sort(outer, axis=1).sum(axis=(1, 2))


def example(size):
    return (np.zeros((size, 512), np.float32),)


def test_a_batch_that_fits_is_taken_as_it_is():
    program = batch_programs.for_batches(quadratic, WEIGHTS, example, 4, memory=1000.0)
    assert program.batch_size == 4
    np.testing.assert_allclose(program.run(np.ones((4, 512), np.float32)), 512.0**2)


def test_a_larger_batch_is_halved_until_it_fits():
    _, needed = batch_programs.compiled(quadratic, WEIGHTS, *example(4))
    program = batch_programs.for_batches(quadratic, WEIGHTS, example, 32, memory=1.2 * needed / 2**20)
    assert program.batch_size == 4
    assert needed > 4 * 2**20


def test_one_image_that_does_not_fit_is_told_with_the_setting():
    with pytest.raises(ArtifactError, match=r"^execution.memory_mib = 0.5: a batch of 1 needs \d+ MiB; raise it"):
        batch_programs.for_batches(quadratic, WEIGHTS, example, 8, memory=0.5)


def test_a_program_is_bound_to_its_model_whose_weights_are_arguments_and_no_constants():
    models = [{"scale": jnp.full(512, scale)} for scale in (1.0, 3.0)]
    programs = [batch_programs.for_batches(quadratic, model, example, 4, memory=1000.0) for model in models]
    for program, scale in zip(programs, (1.0, 3.0), strict=True):
        np.testing.assert_allclose(program.run(np.ones((4, 512), np.float32)), scale * 512.0**2)
