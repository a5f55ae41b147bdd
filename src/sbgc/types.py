"""The vocabulary of shapes, and the two protocols on which everything else rests."""

from typing import NamedTuple, Protocol, runtime_checkable

import jaxtyping
from jaxtyping import Array, Float, Int, PRNGKeyArray

Image = Float[Array, "height width channels"]  # a dequantized image in grey levels, on [0, L)^D
Vector = Float[Array, " dim"]
Scalar = Float[Array, ""]
Label = Int[Array, ""]
Key = PRNGKeyArray
Draw = Int[Array, ""] | int  # the number of a draw of an image
Keys = jaxtyping.Key[Array, " batch"]  # one key per image
ClassLogits = Float[Array, " classes"]


class LogProb(NamedTuple):
    """A log-density in nats on [0, L)^D, and what it cost to compute."""

    value: Scalar
    # evaluations of the network, in forward-equivalents: a forward pass 1, a Jacobian-vector product 1
    nfe: Int[Array, ""]


@runtime_checkable
class ConditionalDensity(Protocol):
    """p(x|y) of one image."""

    num_classes: int

    def log_prob(self, x: Image, y: Label, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats. `key` and `draw` seed the estimator, and all classes of an image share them.

        The draws of one key need not be independent: an estimator may balance one against another.
        """
        ...


@runtime_checkable
class AllClasses(Protocol):
    """A density whose classes share work: those of a flow come from one pass, those of a score model share a path."""

    def class_log_probs(self, x: Image, key: Key, draw: Draw = 0) -> LogProb:
        """log p(x|y) in nats of every class: value and nfe are [classes]. `key` and `draw` seed what is random."""
        ...


@runtime_checkable
class Latents(Protocol):
    """A density with a latent space, in which each class has a center."""

    class_means: Float[Array, "classes dim"]

    def latent(self, x: Image) -> Vector:
        """The latent z of an image."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """Class scores of one image."""

    num_classes: int

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """log p(y|x) up to a constant."""
        ...
