"""Steps of descent: augmentation, the noise of dequantization, the gradient, the update and the average."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from sbgc.maths import augmentation, augmix
from sbgc.procedures.training import gradient, windows
from sbgc.procedures.training.windows import Window
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar

Count = Int[Array, ""]
Members = Int[Array, " members"] | None


class TrainState(NamedTuple):
    """Everything that the next step needs. `step` counts the steps already taken."""

    step: Array
    variables: Variables
    ema: Variables
    optimizer: optax.OptState


class Report(NamedTuple):
    """What one step reports, or each of several."""

    loss: Float[Array, "*steps"]
    grad_norm: Float[Array, "*steps"]


@dataclass(frozen=True)
class Settings:
    """The settings of a step.

    batch_size: images. ema_decay: of the average. accumulation: the number of parts that a batch is taken in. flips,
    crops, augmix: how images are augmented. one_class: whether all images of a batch are of one class.
    """

    batch_size: int
    ema_decay: float
    accumulation: int
    flips: bool
    crops: augmentation.Crops | None
    augmix: augmix.Settings | None
    one_class: bool = False


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def train_step(
    trainer: Trainer,
    settings: Settings,
    state: TrainState,
    images: Images,
    labels: Labels,
    key: Key,
    at: Scalar | None = None,
) -> tuple[TrainState, Report]:
    """One descent step on a batch of grey-level images, which are dequantized with fresh noise.

    at: the place on the optimizer's schedule, in steps; None where the steps themselves count. `state` is donated: its
    buffers are reused, so that the caller may no longer read it.
    """
    noise_key, loss_key = jax.random.split(jax.random.fold_in(key, state.step))
    images = _augmented(trainer.views, settings, images, noise_key)
    noisy = images, jax.random.uniform(noise_key, images.shape)
    members = trainer.members(labels) if trainer.members else None
    taken = _taken(state, members)
    found = gradient.of_batch(trainer, settings.accumulation, taken.variables, noisy, labels, loss_key)
    (value, mutable), slope = found
    rule, params = optax.with_extra_args_support(trainer.optimizer), taken.variables["params"]
    updates, optimizer = rule.update(slope, taken.optimizer, params, at=state.step if at is None else at)
    variables = {"params": optax.apply_updates(params, updates), **mutable}
    # From the start at `ema_decay`, the average would remember the initial weights for 1 / (1 - ema_decay) steps.
    decay = jnp.minimum(settings.ema_decay, (1.0 + state.step) / (10.0 + state.step))
    ema = optax.incremental_update(variables, taken.ema, 1.0 - decay)
    after = TrainState(state.step + 1, variables, ema, optimizer)
    return _put_back(state, members, after), Report(value, optax.tree.norm(slope))


@partial(jax.jit, static_argnums=(0, 1, 2), donate_argnums=3)
def train_steps(
    trainer: Trainer,
    settings: Settings,
    most: int,
    state: TrainState,
    window: Window,
    key: Key,
    at: Scalar | None = None,
) -> tuple[TrainState, Report]:
    """The next steps of a window, `most` of them at most, and what each reports [most].

    They are those of `train_step`, one after the other. Nothing comes from the host: it waits for none of them.
    """

    def one(state: TrainState) -> tuple[TrainState, Report]:
        return train_step(trainer, settings, state, *windows.batch(window, state.step), key, at)

    if most == 1:
        state, report = one(state)
        return state, jax.tree.map(lambda value: value[None], report)

    def step(number: Count, carry: tuple[TrainState, Report]) -> tuple[TrainState, Report]:
        state, report = one(carry[0])
        return state, jax.tree.map(lambda all, value: all.at[number].set(value), carry[1], report)

    reports = Report(jnp.zeros(most), jnp.zeros(most))
    return jax.lax.fori_loop(0, jnp.minimum(window.stop - state.step, most), step, (state, reports))


def _taken(state: TrainState, members: Members) -> TrainState:
    """The state of the networks that a step takes."""
    if members is None:
        return state
    return TrainState(state.step, *jax.tree.map(lambda leaf: leaf[members], state[1:]))


def _put_back(state: TrainState, members: Members, after: TrainState) -> TrainState:
    """The state of all networks, of which some have taken a step."""
    if members is None:
        return after
    return TrainState(after.step, *jax.tree.map(lambda all, some: all.at[members].set(some), state[1:], after[1:]))


def _augmented(views: int, settings: Settings, images: Images, key: Key) -> Array:
    """The images as they are trained on, without their surroundings.

    Of several views the first is without AugMix, and each other has its own.
    """
    flip_key, crop_key, *mix_keys = (jax.random.fold_in(key, role) for role in range(1, 3 + max(1, views - 1)))
    if settings.flips:
        images = augmentation.flipped(images, flip_key)
    if settings.crops:
        images = augmentation.cropped(images, crop_key, settings.crops)
    if settings.augmix is None:
        return images
    mixed = [_mixed(images, mix_key, settings.augmix) for mix_key in mix_keys]
    return mixed[0] if views == 1 else jnp.stack([images, *mixed], axis=1)


def _mixed(images: Images, key: Key, settings: augmix.Settings) -> Images:
    keys = jax.random.split(key, len(images))
    return jax.vmap(lambda image, key: augmix.augmix(image, key, settings))(images, keys)
