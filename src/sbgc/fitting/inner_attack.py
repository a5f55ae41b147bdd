"""The inner maximization of adversarial training: an attack on the present parameters (Madry et al. 2018, eq. 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from sbgc.config.training import Adversarial
from sbgc.maths.attacks.pgd import PGD
from sbgc.maths.attacks.protocol import Attack, Goal, Seen, State
from sbgc.trainer import Images, Labels
from sbgc.types import ClassLogits, Key, Label, Scalar

Logits = Callable[[Images], Float[Array, "batch classes"]]


@dataclass(frozen=True)
class InnerAttack:
    """What attacks the images of a training step before its loss sees them.

    epsilon: the bound of perturbations, on the scale where grey levels 0..levels-1 are 0..1.
    """

    attack: Attack
    epsilon: float
    levels: int

    def attacked(self, logits: Logits, images: Images, noise: Images, labels: Labels, key: Key) -> Images:
        """The images [batch, height, width, channels] in grey levels that the attack leaves in place of these.

        It makes the cross-entropy of the logits of x = (L - 1) a + u large, where a is an image on [0, 1]^D and u the
        noise that the step will add, as the attacks of Table 3 do. An image's logits may depend on no other image.
        """
        clean = images / (self.levels - 1)
        goals = Goal(clean, jnp.full(len(clean), self.epsilon), clean, jax.random.split(key, len(clean)))

        def step(state: State, _: None) -> tuple[State, None]:
            asked = jax.vmap(self.attack.asks)(goals, state)
            seen = _seen(lambda a: logits((self.levels - 1) * a + noise), asked, labels)
            return jax.vmap(self.attack.told)(goals, state, seen), None

        def steps(state: State, unroll: bool) -> State:
            return jax.lax.scan(step, state, None, self.attack.queries, unroll=unroll)[0]

        # XLA's CPU backend is slow at gradients inside a loop. Operations are counted for it, and a loop counts as one.
        each, loop = (lambda state: steps(state, True)), (lambda state: steps(state, False))
        last = jax.lax.platform_dependent(jax.vmap(self.attack.begin)(goals), cpu=each, default=loop)
        return (self.levels - 1) * jax.vmap(self.attack.result)(goals, last)


def from_settings(settings: Adversarial | None, levels: int) -> InnerAttack | None:
    """The attack that the settings of a model ask for, if they ask for one."""
    if settings is None:
        return None
    return InnerAttack(PGD(settings.norm, settings.steps, settings.relative_step), settings.epsilon, levels)


def _seen(logits: Logits, asked: Images, labels: Labels) -> Seen:
    scores, pull = jax.vjp(logits, asked)
    (losses, margins), slopes = jax.vmap(jax.value_and_grad(_loss_and_margin, has_aux=True))(scores, labels)
    gradient = pull(slopes)[0]
    return Seen(losses, margins, gradient, jnp.zeros_like(losses), jnp.zeros_like(gradient))  # no detector


def _loss_and_margin(scores: ClassLogits, label: Label) -> tuple[Scalar, Scalar]:
    """The cross-entropy in nats, and by how much the best wrong class leads."""
    wrong = jnp.where(jnp.arange(len(scores)) == label, -jnp.inf, scores)
    return optax.softmax_cross_entropy_with_integer_labels(scores, label), wrong.max() - scores[label]
