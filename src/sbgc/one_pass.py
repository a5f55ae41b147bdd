"""What follows from having log p(x|y) of all classes from one pass of a network."""

from typing import Any

import jax.numpy as jnp

from sbgc.types import ClassLogits, Draw, Image, Key, Label, LogProb


class OnePass:
    """A density that gives all classes at once (types.AllClasses) by a network that knows their number."""

    net: Any

    @property
    def num_classes(self) -> int:
        """The number of classes of the network."""
        return self.net.num_classes

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats of one class, at the cost of all."""
        found = self.class_log_probs(x, key, draw)
        return LogProb(found.value[y], found.nfe.sum())

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(x|y) of every class: log p(y|x) up to a constant, the class prior being uniform."""
        return self.class_log_probs(x, key).value

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats of every class."""
        raise NotImplementedError


def counted(log_probs: ClassLogits) -> LogProb:
    """The values of all classes. The single pass is counted under the first class, and 0 under the others."""
    return LogProb(log_probs, jnp.zeros(log_probs.shape, jnp.int32).at[0].set(1))
