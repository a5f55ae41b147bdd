"""The optimizers and schedules that kinds of models share, of plain settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import optax

from sbgc.trainer import following


def adam(
    learning_rate: float, warmup_steps: int, clip_norm: float, cosine_decay: bool, steps: int
) -> optax.GradientTransformation:
    """Adam for so many steps, of gradients that are clipped to a norm, with a linear warm-up (SBGC A.1)."""
    if cosine_decay:
        schedule = warm_cosine(learning_rate, warmup_steps, steps)
    else:
        schedule = optax.linear_schedule(0.0, learning_rate, warmup_steps)
    return optax.chain(optax.clip_by_global_norm(clip_norm), optax.scale_by_adam(), following(schedule))


def sgd(
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    stairs: Mapping[str, Any] | None,
    steps: int,
    nesterov: bool = False,
    warmup_steps: int = 0,
    clip_norm: float | None = None,
) -> optax.GradientTransformation:
    """Descent with momentum for so many steps, at a rate that falls in stairs, or along a cosine where they are None.

    Weight decay acts on every parameter and enters the momentum. The rate rises during `warmup_steps`. Gradients are
    clipped to a norm where one is given.
    """
    clip = [] if clip_norm is None else [optax.clip_by_global_norm(clip_norm)]
    falls = stairs or {}
    schedule = (
        warm(learning_rate, warmup_steps, steps, **falls) if warmup_steps else falling(learning_rate, steps, **falls)
    )
    trace = optax.trace(momentum, nesterov=nesterov)
    return optax.chain(*clip, optax.add_decayed_weights(weight_decay), trace, following(schedule))


def of_members(optimizer: optax.GradientTransformation) -> optax.GradientTransformationExtraArgs:
    """The optimizer of each of several networks on its own: the first axis of all parameters counts the networks."""
    rule = optax.with_extra_args_support(optimizer)

    def update(updates: Any, state: optax.OptState, params: Any = None, **extra: Any) -> Any:
        return jax.vmap(lambda *trees: rule.update(*trees, **extra))(updates, state, params)

    return optax.GradientTransformationExtraArgs(jax.vmap(rule.init), update)


def warm_cosine(learning_rate: float, warmup_steps: int, steps: int) -> optax.Schedule:
    """A rate that rises from 0 along a line, and falls to 0 at the last step along a cosine."""
    return optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup_steps, max(steps, warmup_steps + 1))


def warm(
    learning_rate: float, warmup_steps: int, steps: int, at: Sequence[float] | None = None, factor: float = 1.0
) -> optax.Schedule:
    """A rate that rises from 0 along a line, and then falls as `falling` does, at the same fractions of all steps."""
    if at is None:
        return warm_cosine(learning_rate, warmup_steps, steps)
    later = stairs(learning_rate, at, factor, steps, warmup_steps)
    return optax.join_schedules([optax.linear_schedule(0.0, learning_rate, warmup_steps), later], [warmup_steps])


def falling(learning_rate: float, steps: int, at: Sequence[float] | None = None, factor: float = 1.0) -> optax.Schedule:
    """A rate that falls in `stairs` at fractions of so many steps, or to 0 along a cosine where `at` is None."""
    if at is None:
        return optax.cosine_decay_schedule(learning_rate, steps)
    return stairs(learning_rate, at, factor, steps)


def stairs(learning_rate: float, at: Sequence[float], factor: float, steps: int, begun: int = 0) -> optax.Schedule:
    """A rate that falls by a factor at fractions of so many steps, of which `begun` lie before the schedule."""
    return optax.piecewise_constant_schedule(learning_rate, {round(part * steps) - begun: factor for part in at})
