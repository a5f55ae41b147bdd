"""Random vectors v with E v v' = I, the probes of trace estimators: E v' J v = tr J for each of them.

What they differ in is the variance of v' J v. With S the symmetric part of J, and D dimensions:

rademacher  2 (|S|^2 - |diag S|^2): nothing of the diagonal (Hutchinson 1990).
gaussian    2 |S|^2.
sphere      (2 D / (D + 2)) (|S|^2 - (tr S)^2 / D): nothing of a multiple of the identity.
hadamard    k signs that cancel all of S between coordinates of different colors: of k probes together, 2 |S|^2 over
            pairs of the same color. Colors are dealt so that the pixels of a tile, and the channels of a pixel, differ:
            what is left are pixels a tile apart (probing: Tang & Saad 2012; Hadamard vectors: Bekas et al. 2007).
"""

import math
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from sbgc.types import Draw, Key

Probes = Float[Array, "k *shape"]
Shape = tuple[int, ...]
Family = Callable[[Key, int, Shape, DTypeLike, Draw], Probes]

CYCLE = 16  # draws of one hadamard probe that share their random signs


def draw(
    family: str, key: Key, num_probes: int, shape: Shape, dtype: DTypeLike = jnp.float32, number: Draw = 0
) -> Probes:
    """`num_probes` probes of a family; with num_probes >= D the D scaled unit vectors, whose mean is the trace itself.

    Draws of one key with other numbers are independent, but for the family hadamard, which balances them.

    Raises KeyError for an unknown family, ValueError where num_probes is not a power of two and the family is hadamard.
    """
    dim = math.prod(shape)
    if num_probes >= dim:
        return (jnp.sqrt(jnp.asarray(dim, dtype)) * jnp.eye(dim, dtype=dtype)).reshape(dim, *shape)
    return FAMILIES[family](key, num_probes, shape, dtype, number)


def rademacher(key: Key, num_probes: int, shape: Shape, dtype: DTypeLike, number: Draw = 0) -> Probes:
    """Random signs."""
    return jax.random.rademacher(jax.random.fold_in(key, number), (num_probes, *shape), dtype)


def gaussian(key: Key, num_probes: int, shape: Shape, dtype: DTypeLike, number: Draw = 0) -> Probes:
    """Standard normal vectors."""
    return jax.random.normal(jax.random.fold_in(key, number), (num_probes, *shape), dtype)


def sphere(key: Key, num_probes: int, shape: Shape, dtype: DTypeLike, number: Draw = 0) -> Probes:
    """Uniform on the sphere of radius sqrt D."""
    normal = gaussian(key, num_probes, shape, dtype, number).reshape(num_probes, -1)
    length = jnp.linalg.norm(normal, axis=1, keepdims=True)
    return (jnp.sqrt(jnp.asarray(normal.shape[1], dtype)) * normal / length).reshape(num_probes, *shape)


def hadamard(key: Key, num_probes: int, shape: Shape, dtype: DTypeLike, number: Draw = 0) -> Probes:
    """One vector of random signs times the Walsh functions of the colors, a block; each probe is unbiased singly.

    Draws go on in the block where the one before them stopped, and begin another one after CYCLE probes: 2^m draws of k
    probes together are as good as one of 2^m k, where the Jacobian is the same for all of them.
    """
    _check_power_of_two(num_probes)
    cycle = max(CYCLE, num_probes)
    first = jnp.asarray(number) * num_probes
    signs = rademacher(key, 1, shape, dtype, first // cycle)
    return signs * jnp.asarray(walsh(cycle, shape), dtype)[first % cycle + jnp.arange(num_probes)]


def walsh(num_probes: int, shape: Shape) -> np.ndarray:
    """The signs (-1)^popcount(m & color), [num_probes, *shape]: orthogonal between colors.

    Raises ValueError unless num_probes is a power of two.
    """
    _check_power_of_two(num_probes)
    bits = num_probes.bit_length() - 1
    planes = [plane for plane, _ in zip(_planes(shape), range(bits), strict=False)]
    signs = np.ones((num_probes, *shape))
    for number in range(num_probes):
        for bit, plane in enumerate(planes):
            if number >> bit & 1:
                signs[number] *= 1 - 2 * plane
    return signs


def _check_power_of_two(num_probes: int) -> None:
    if num_probes & (num_probes - 1):
        raise ValueError(f"hadamard probes come in powers of two, found {num_probes}")


def _planes(shape: Shape) -> Iterator[np.ndarray]:
    """The bits of the colors, the most telling first: channels of a pixel, then neighbors, then ever larger tiles.

    An image [H, W, C] is checkered before its columns are told apart: one bit already parts all direct neighbors. Any
    other shape is colored by the bits of the flat index.
    """
    if len(shape) != 3:
        flat = np.arange(math.prod(shape)).reshape(shape)
        yield from (flat >> bit & 1 for bit in range(math.prod(shape).bit_length()))
        return
    row, column, channel = np.indices(shape)
    yield from (channel >> bit & 1 for bit in range((shape[2] - 1).bit_length()))
    for bit in range(max(shape[:2]).bit_length()):
        yield (row ^ column) >> bit & 1
        yield column >> bit & 1


FAMILIES: dict[str, Family] = {
    "rademacher": rademacher,
    "gaussian": gaussian,
    "sphere": sphere,
    "hadamard": hadamard,
}
