"""What is attacked: batches of images with their noise, and in each bound and round the goal of each image."""

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import Split
from sbgc.keys import key_for
from sbgc.maths.attacks.machines import Boundary
from sbgc.maths.attacks.protocol import Goal
from sbgc.procedures.attacks.found import Plan
from sbgc.procedures.attacks.starts import misleading
from sbgc.procedures.attacks.victim import Batch, Victim


class Problems:
    """The images of a split as attacks see them: `images`, float32 on [0, 1].

    noise: u of the judge's draws, [n, draws, H, W, C]. pool: images that boundary attacks start at.
    """

    def __init__(self, victim: Victim, split: Split, noise: np.ndarray, pool: Split, plan: Plan):
        self.images = split.images.astype(np.float32) / np.float32(victim.settings.levels - 1)
        self._victim, self._split, self._noise, self._pool, self._plan = victim, split, noise, pool, plan
        self._made: tuple[tuple[int, int, bytes], Batch, Goal] | None = None

    def batch(self, rows: np.ndarray) -> Batch:
        """The images at `rows` without targets."""
        labels, index = (jnp.asarray(of[rows], jnp.int32) for of in (self._split.labels, self._split.index))
        return Batch(labels, jnp.full_like(labels, -1), index, jnp.asarray(self._noise[rows]))

    def of(self, rows: np.ndarray, bound: int, number: int, clean: np.ndarray) -> tuple[Batch, Goal]:
        """The problem of a batch within the bound-th bound in round `number`; made once for all its steps.

        clean: the scores of all images before the attack, by which targets are ranked.
        """
        name = (bound, number, rows.tobytes())
        if self._made is None or self._made[0] != name:
            batch = self.batch(rows)
            if targets := self._plan.targets:
                ranked = self._victim.rivals(batch, jnp.asarray(clean[rows]), self._victim.num_classes)
                batch = batch._replace(targets=ranked[:, 1 + number % targets])
            self._made = name, batch, self._goal(rows, bound, number)
        return self._made[1:]

    def _goal(self, rows: np.ndarray, bound: int, number: int) -> Goal:
        images, index = jnp.asarray(self.images[rows]), jnp.asarray(self._split.index[rows], jnp.int32)
        keys = jax.vmap(lambda index: key_for(self._victim.settings.seed, "attack-start", index, number))(index)
        epsilon, start = jnp.full(len(rows), self._plan.bounds[bound], jnp.float32), images
        if isinstance(self._plan.attack, Boundary):
            start = misleading(self._victim, self.batch(rows), images, self._pool, self._plan.attack.confidence)
        return Goal(images, epsilon, start, keys)
