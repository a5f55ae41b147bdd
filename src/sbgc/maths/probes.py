"""Probes of trace estimators: random vectors v with E v v' = I, so that E v' J v = tr J.

The families differ in the variance of v' J v. With S the symmetric part of J, and D dimensions, it is

rademacher  2 (|S|^2 - |diag S|^2): the diagonal adds nothing (Hutchinson 1990).
gaussian    2 |S|^2.
sphere      (2 D / (D + 2)) (|S|^2 - (tr S)^2 / D): a multiple of the identity adds nothing.
hadamard    2 |S|^2 over pairs of coordinates of the same color, for k probes together: their signs cancel every pair of
            different colors. Colors are dealt so that direct neighbors and the channels of a pixel differ first, and
            then the pixels of a tile (probing: Tang & Saad 2012; Hadamard vectors: Bekas et al. 2007).

A configuration may choose rademacher or hadamard. The families gaussian and sphere serve only the comparison of
estimators in benchmarks/trace_variance.py, whose numbers are in docs/adr/0013-probes.md.
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

CYCLE = 16  # the number of draws, of one hadamard probe each, that share their random signs


def draw(
    family: str, key: Key, num_probes: int, shape: Shape, dtype: DTypeLike = jnp.float32, number: Draw = 0
) -> Probes:
    """A set of `num_probes` probes of a family, or, with num_probes >= D, the D scaled unit vectors.

    The mean of v' J v over the unit vectors is the trace itself. Draws of one key with different numbers are
    independent, except in the family hadamard, which balances them against each other.

    Raises KeyError for an unknown family, and ValueError for hadamard when num_probes is not a power of two.
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
    """Vectors uniform on the sphere of radius sqrt D."""
    normal = gaussian(key, num_probes, shape, dtype, number).reshape(num_probes, -1)
    length = jnp.linalg.norm(normal, axis=1, keepdims=True)
    return (jnp.sqrt(jnp.asarray(normal.shape[1], dtype)) * normal / length).reshape(num_probes, *shape)


def hadamard(key: Key, num_probes: int, shape: Shape, dtype: DTypeLike, number: Draw = 0) -> Probes:
    """One vector of random signs, times successive Walsh functions of the colors. Each probe by itself is unbiased.

    A draw continues with the Walsh function after the last one of the draw before it. After CYCLE probes a new block
    begins, with new random signs. Within a block, 2^m draws of k probes are as good as one draw of 2^m k probes, as far
    as the Jacobian is the same for all of them.
    """
    _check_power_of_two(num_probes)
    cycle = max(CYCLE, num_probes)
    first = jnp.asarray(number) * num_probes
    signs = rademacher(key, 1, shape, dtype, first // cycle)
    return signs * jnp.asarray(walsh(cycle, shape), dtype)[first % cycle + jnp.arange(num_probes)]


def walsh(num_probes: int, shape: Shape) -> np.ndarray:
    """The signs (-1)^popcount(m & color) for m = 0, 1, ..., [num_probes, *shape]. They are orthogonal between colors.

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
    """The bits of the colors, the most useful first: neighbors and channels at once, then ever larger tiles.

    An image [H, W, C] is first colored like a checkerboard, because that one bit separates all direct neighbors. Its
    columns are told apart next. Both bits turn with the channel, so that four colors also separate the channels of a
    pixel: with channels first, or with tiles alone, most of the variance would stay (docs/adr/0028-class-gaps.md). Any
    other shape is colored by the bits of the flat index.
    """
    if len(shape) != 3:
        flat = np.arange(math.prod(shape)).reshape(shape)
        yield from (flat >> bit & 1 for bit in range(math.prod(shape).bit_length()))
        return
    row, column, channel = np.indices(shape)
    yield (row ^ column ^ channel >> 1) & 1
    yield (column ^ channel) & 1
    gray = channel ^ channel >> 1
    yield from (gray >> bit & 1 for bit in range((shape[2] - 1).bit_length()))
    for bit in range(1, max(shape[:2]).bit_length()):
        yield (row ^ column) >> bit & 1
        yield column >> bit & 1


FAMILIES: dict[str, Family] = {
    "rademacher": rademacher,
    "gaussian": gaussian,
    "sphere": sphere,
    "hadamard": hadamard,
}
