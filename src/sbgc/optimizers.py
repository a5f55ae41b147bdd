"""The optimizers that kinds of models share, of plain settings."""

import optax

from sbgc.trainer import following


def adam(
    learning_rate: float, warmup_steps: int, clip_norm: float, cosine_decay: bool, steps: int
) -> optax.GradientTransformation:
    """Adam for so many steps, of gradients that are clipped to a norm, with a linear warm-up (SBGC A.1)."""
    if cosine_decay:
        most = max(steps, warmup_steps + 1)
        schedule = optax.warmup_cosine_decay_schedule(0.0, learning_rate, warmup_steps, most)
    else:
        schedule = optax.linear_schedule(0.0, learning_rate, warmup_steps)
    return optax.chain(optax.clip_by_global_norm(clip_norm), optax.scale_by_adam(), following(schedule))
