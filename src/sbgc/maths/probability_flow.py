"""The log-density of the probability-flow ODE (Song et al. 2021, eq. 39; SBGC eq. 3), for one image at a time.

`estimate` offers three procedures: two ways to solve the ODE, and the evidence lower bound. All return nats of a
density of z. None of them solves a batch as one system, so the value of an image cannot depend on the other images of
its batch.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

from sbgc.maths import divergence, elbo, fixed_grid, probes
from sbgc.maths.sde import SDE, prior_log_prob
from sbgc.types import Draw, Key, LogProb, Scalar

Point = Float[Array, "*shape"]
NoisePrediction = Callable[[Point, Scalar], Point]
State = tuple[Point, Scalar]  # x, and the log-determinant of dx / dz

MAX_STEPS = 10_000
FIRST_STEP = 0.01  # a guess: the controller rejects it where it is too long
SMALLEST_STEP = 1e-6  # as a fraction of t_min; the solver gives up below it


def estimate(
    procedure: str, sde: SDE, eps_hat: NoisePrediction, z: Point, key: Key, draw: Draw = 0, **settings: Any
) -> LogProb:
    """log p(z) in nats by the procedure of that name, with its settings.

    Draws of one key are independent for `reference` and `elbo`. `fast` with the family hadamard balances them against
    each other.
    """
    procedures: dict[str, Callable[..., LogProb]] = {
        "reference": reference,
        "fast": fixed_grid.log_prob,
        "elbo": elbo.log_prob,
    }
    return procedures[procedure](sde, eps_hat, z, key, draw=draw, **settings)


def drift(sde: SDE, eps_hat: NoisePrediction, z: Point, t: Scalar) -> Point:
    """The probability-flow drift f(z, t) - g(t)^2 / 2 score(z, t), with score = -eps_hat / sigma."""
    return sde.drift_rate(t) * z + 0.5 * sde.diffusion(t) ** 2 / sde.sigma(t) * eps_hat(z, t)


def error_norm(error: PyTree) -> Scalar:
    """Root mean square over the whole state, as in SciPy, but infinite where it would be NaN.

    The adjoint's state is larger than the solver's, and the norm covers all of it. An infinite norm makes the step
    shrink until the solver gives up. With NaN the solver would call a broken network MAX_STEPS times.
    """
    norm = jnp.sqrt(jnp.mean(ravel_pytree(error)[0] ** 2))
    return jnp.where(jnp.isnan(norm), jnp.inf, norm)


def reference(
    sde: SDE,
    eps_hat: NoisePrediction,
    z: Point,
    key: Key,
    rtol: float | Scalar,
    atol: float | Scalar,
    num_probes: int = 1,
    draw: Draw = 0,
) -> LogProb:
    """The paper's procedure: Dormand-Prince on (z, log-det), with Rademacher probes fixed along the path (SBGC A.1).

    With num_probes >= D the trace is exact. The value is NaN when the tolerance cannot be met. nfe counts a forward
    pass as 1 and a Jacobian-vector product as 1. The gradient in z is the continuous adjoint: an ODE of its own, solved
    backwards at the same tolerance (SBGC section 3.3; Chen et al. 2018).
    """
    drawn = probes.draw("rademacher", key, num_probes, z.shape, z.dtype, draw)

    def field(t: Any, state: State, _: None) -> State:
        return divergence.value_and_divergence(lambda x: drift(sde, eps_hat, x, t), state[0], drawn)

    solution = _dormand_prince(field, sde, (z, jnp.zeros((), z.dtype)), rtol, atol)
    end, log_det = jax.tree.map(lambda saved: saved[0], solution.ys)
    solved = _is_solved(solution)
    value = jnp.where(solved, prior_log_prob(sde, end) + log_det, jnp.nan)
    # Every step, accepted or rejected, evaluates six new stages. The seventh is the first stage of the next step.
    evaluations = 6 * solution.stats["num_steps"] + 1
    return LogProb(value, evaluations * (1 + len(drawn)))


def _dormand_prince(
    field: Callable[[Any, State, None], State], sde: SDE, start: State, rtol: float | Scalar, atol: float | Scalar
) -> Any:  # a diffrax.Solution
    # Imported here: they take as long as all of JAX, and no other procedure needs them.
    import diffrax
    import equinox

    # The adjoint refuses tracers in what a field closes over, so the network and the probes become its arguments.
    field = equinox.filter_closure_convert(field, start[1], start, None)
    smallest = SMALLEST_STEP * sde.t_min
    control = diffrax.PIDController(rtol=rtol, atol=atol, norm=error_norm, dtmin=smallest, force_dtmin=False)
    return diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        diffrax.Dopri5(),
        *(jnp.asarray(time, start[1].dtype) for time in (sde.t_min, sde.t_max, FIRST_STEP)),
        start,
        stepsize_controller=control,
        adjoint=diffrax.BacksolveAdjoint(),
        max_steps=MAX_STEPS,
        throw=False,
    )


def _is_solved(solution: Any) -> Any:
    import diffrax

    return solution.result == diffrax.RESULTS.successful
