"""Attacks on the images of a split: bound by bound, round by round, batch by batch.

All images are attacked, also those that the attacked classifier has wrong before: the judge of an attack may have them
right. What misleads within a bound does so within a larger one, so images that are misled by enough are attacked no
further. What is found for an image depends on no other image, up to rounding.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from sbgc.artifacts import Split
from sbgc.maths.attacks import balls
from sbgc.maths.attacks.losses import CLASSES_NEEDED
from sbgc.maths.attacks.protocol import Goal, Seen
from sbgc.procedures.attacks.found import Found, Plan, better, nothing
from sbgc.procedures.attacks.kept_state import KeptState
from sbgc.procedures.attacks.problems import Problems
from sbgc.procedures.attacks.slopes import random_wins
from sbgc.procedures.attacks.victim import Batch, Victim
from sbgc.progress import progress_bar

RERANKED_EVERY = 10  # steps, after which the strongest rivals are found anew among all classes


class Position(NamedTuple):
    """All that an attack under way consists of.

    turn: the number of the bound and round. open: the images of this turn that are not done yet. step: of the first
    batch of them. chosen, flat, state: of this batch, its classes, its steps without a gradient, the attack's state.
    """

    found: Found
    turn: Any
    open: np.ndarray
    step: Any
    chosen: Any
    flat: Any
    state: Any


class Engine:
    """Attacks a model. noise: u of the judge's draws, [n, draws, H, W, C]. pool: images that boundary attacks start at.

    `batch_size` bounds the memory and changes no more than the rounding (docs/conventions.md).
    """

    def __init__(self, victim: Victim, split: Split, noise: np.ndarray, pool: Split, plan: Plan, batch_size: int):
        self.victim, self.split, self.plan = victim, split, plan
        self.problems = Problems(victim, split, noise, pool, plan)
        self.size, classes = min(batch_size, len(split)), victim.num_classes
        self.turns = [(bound, number) for bound in range(len(plan.bounds)) for number in range(plan.rounds)]
        needed = max(CLASSES_NEEDED[victim.settings.loss], 2)
        self.chosen = classes if victim.all_at_once else min(classes, max(plan.rivals + 1, needed))
        attack = plan.attack
        self._begin, self._asks = jax.jit(jax.vmap(attack.begin)), jax.jit(jax.vmap(attack.asks))
        self._told, self._result = jax.jit(jax.vmap(attack.told)), jax.jit(jax.vmap(attack.result))
        self._clean: np.ndarray = np.zeros((len(split), 0))  # scores before the attack

    @property
    def queries(self) -> int:
        """How often an image is classified in a round: at every step, at each new ranking, and at the end."""
        steps, some = self.plan.attack.queries, self.chosen < self.victim.num_classes
        return steps + 1 + (len(range(RERANKED_EVERY, steps, RERANKED_EVERY)) if some else 0)

    def run(self, kept: KeptState | None = None) -> Found:
        """Attack all images. With a kept state, go on where an attack of the same identity was."""
        self._clean = self._of_batches(lambda rows, batch, images: self.victim.class_scores(batch, images, 0))
        begun = self._turned(nothing(self.problems.images, len(self.plan.bounds)), 0)
        position = (kept and kept.read(begun)) or begun
        steps = len(self.split) * self.plan.attack.queries
        with progress_bar(len(self.turns) * steps, f"attack {self.plan.attack.norm}", "step of an image") as bar:
            while position.turn < len(self.turns):
                position = self._stepped(position)
                done = len(self.split) - int(position.open.sum())
                at = min(self.size, int(position.open.sum())) * int(position.step)
                bar.update(int(position.turn) * steps + done * self.plan.attack.queries + at - bar.n)
                if kept:
                    kept.write(position)
        return position.found

    def random_wins(self) -> np.ndarray:
        """For each image, 1 where the loss rises no less at random than along the gradient (slopes.py); else 0.

        NaN for an attack that reads no gradient, or has no bound. After `run`, which scores the images.
        """
        attack = self.plan.attack
        if not (attack.uses_gradient and attack.bounded):
            return np.full(len(self.split), np.nan)

        def of_batch(rows: np.ndarray, batch: Batch, images: Any) -> Any:
            chosen = self.victim.rivals(batch, jnp.asarray(self._clean[rows]), self.chosen)
            return random_wins(self.victim, batch, images, chosen, attack.norm, min(self.plan.epsilons))

        return self._of_batches(of_batch).astype(float)

    def _of_batches(self, found_of: Callable[[np.ndarray, Batch, Any], Any]) -> np.ndarray:
        """What is found of each image before the attack."""
        everything, parts = np.ones(len(self.split), bool), []
        while everything.any():
            rows = self._rows(everything)
            found = np.asarray(found_of(rows, self.problems.batch(rows), jnp.asarray(self.problems.images[rows])))
            self._check_finite(rows, (found,))
            parts.append(found[: everything.sum()])
            everything[rows] = False
        return np.concatenate(parts)

    def _rows(self, open: np.ndarray) -> np.ndarray:
        """The next batch, filled up with copies of its last image, so that one shape compiles once."""
        rows = np.flatnonzero(open)[: self.size]
        return rows[np.minimum(np.arange(self.size), len(rows) - 1)]

    def _turned(self, found: Found, turn: int) -> Position:
        """The beginning of a turn, or of the next one in which an image is open."""
        is_open = np.zeros(len(self.split), bool)
        while turn < len(self.turns):
            bound, number = self.turns[turn]
            if number == 0 and bound:
                found = found.carried(bound)
            is_open = self.plan.unfinished(found, bound, number)
            if is_open.any():
                break
            turn += 1
        turn = turn if is_open.any() else len(self.turns)
        return self._at_batch(found, turn, is_open if is_open.any() else np.ones(len(self.split), bool))

    def _at_batch(self, found: Found, turn: int, is_open: np.ndarray) -> Position:
        """The beginning of a batch; after the last turn something of the same form."""
        rows = self._rows(is_open)
        batch, goal = self._problem(rows, min(turn, len(self.turns) - 1))
        chosen = self.victim.rivals(batch, jnp.asarray(self._clean[rows]), self.chosen)
        state, flat = self._begin(goal), np.zeros(len(rows), np.float32)
        return Position(found, np.int64(turn), is_open, np.int64(0), chosen, flat, state)

    def _stepped(self, position: Position) -> Position:
        """After one step of a batch; after its last one, at the beginning of the next batch or turn."""
        rows, turn = self._rows(position.open), int(position.turn)
        batch, goal = self._problem(rows, turn)
        step, chosen = int(position.step), position.chosen
        asked = self._asks(goal, position.state)
        if step and step % RERANKED_EVERY == 0 and self.chosen < self.victim.num_classes:
            scores = self.victim.class_scores(batch, asked, self._draw(step + 1, turn))
            chosen = self.victim.rivals(batch, scores, self.chosen)
        seen = self.victim.see(batch, asked, chosen, self._draw(step + 1, turn))
        self._check_finite(rows, seen)
        position = position._replace(
            step=np.int64(step + 1),
            chosen=chosen,
            flat=position.flat + self._still(seen),
            state=self._told(goal, position.state, seen),
        )
        return position if step + 1 < self.plan.attack.queries else self._ended(position, rows, batch, goal)

    def _ended(self, position: Position, rows: np.ndarray, batch: Batch, goal: Goal) -> Position:
        """A batch is done: per image the better of this round and what is known."""
        result, turn = self._result(goal, position.state), int(position.turn)
        scores = self.victim.class_scores(batch, result, self._draw(self.plan.attack.queries + 1, turn))
        self._check_finite(rows, (scores,))
        margin = np.asarray(self.victim.margins(batch, scores))
        strongest = self.victim.rivals(batch._replace(targets=jnp.full_like(batch.targets, -1)), scores, 2)[:, 1:]
        outside = ~(np.asarray(position.chosen) == np.asarray(strongest)).any(axis=1)
        size = np.asarray(jax.vmap(partial(balls.size, self.plan.attack.norm))(result - goal.image))
        value = self.plan.value(margin, size)
        new = (np.asarray(result), margin, value, position.flat, outside)
        found = better(position.found, self.turns[turn][0], rows, new)
        left = position.open.copy()
        left[rows] = False
        return self._at_batch(found, turn, left) if left.any() else self._turned(found, turn + 1)

    def _draw(self, step: int, turn: int) -> int:
        """Of what is drawn anew: every step of every round has draws of its own."""
        return step + self.turns[turn][1] * (self.plan.attack.queries + 1)

    def _problem(self, rows: np.ndarray, turn: int) -> tuple[Batch, Goal]:
        return self.problems.of(rows, *self.turns[turn], self._clean)

    def _still(self, seen: Seen) -> np.ndarray:
        """1 where a step that wants a gradient has none."""
        wanted = np.float32(self.plan.attack.uses_gradient)
        return wanted * np.asarray(jnp.abs(seen.gradient).max(axis=(1, 2, 3)) == 0.0, np.float32)

    def _check_finite(self, rows: np.ndarray, seen: tuple[Any, ...]) -> None:
        finite = [np.isfinite(np.asarray(part)).reshape(len(rows), -1).all(axis=1) for part in seen]
        wrong = np.flatnonzero(~np.logical_and.reduce(finite))
        if len(wrong):
            image = self.split.index[rows[wrong[0]]]
            raise FloatingPointError(f"image {image}: its scores, the loss of the attack or its gradient is not finite")
