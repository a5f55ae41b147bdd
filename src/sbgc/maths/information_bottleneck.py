"""The information-bottleneck loss of a flow with one Gaussian per class (Mackowiak et al. 2021, equations 5 to 7).

With the density q(z|y) = N(z; mu_y, I), the two terms of a pair (x, y) are

    L_X = -log q(x) / D            (equation 6, per dimension)
    L_Y = -log q(y|x)              (equation 7)

and the loss is 2 / (1 + beta) L_X + 2 beta / (1 + beta) L_Y, as the authors' public code weights them. As printed,
equation 6 has a logsumexp of +v^2 - 2 w, and equation 7 a softmax of +v^2 / 2 - w without a sign in front: both signs
within must be turned, and equation 7 needs a minus (docs/theory.md).
"""

import math

import jax
import optax
from jaxtyping import Array, Float, Int

from sbgc.types import Scalar

Logits = Float[Array, "batch classes"]  # log q(z|y) up to what all classes share


def loss(
    shared: Float[Array, " batch"],
    logits: Logits,
    labels: Int[Array, " batch"],
    dimensions: int,
    beta: float,
    smoothing: float,
) -> Scalar:
    """The mean loss over a batch, in nats. log q(x|y) is `shared` + `logits`; class priors are uniform.

    beta: 0 asks for log q(x) alone, and math.inf for the cross-entropy alone. smoothing: the share of a label that is
    spread over all classes.
    """
    of_classes = 1.0 if math.isinf(beta) else beta / (1.0 + beta)
    classes = logits.shape[1]
    log_marginal = shared + jax.nn.logsumexp(logits, axis=1) - math.log(classes)
    targets = optax.smooth_labels(jax.nn.one_hot(labels, classes, dtype=logits.dtype), smoothing)
    entropy = optax.softmax_cross_entropy(logits, targets).mean()
    return -2.0 * (1.0 - of_classes) * log_marginal.mean() / dimensions + 2.0 * of_classes * entropy
