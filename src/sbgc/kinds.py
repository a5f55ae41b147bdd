"""What is known of each kind of model, once: config, rules, tables and figures read it here."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Kind:
    """A family of models.

    title: what readers see. gives: log p(x|y) of each class, or logits. fitted: by descent in segments, at once, or not
    itself: its parameters are those of another model.
    exact: whether its scores come without a procedure that estimates log p, with settings of its own.
    discrete: whether it gives probabilities of whole grey levels, which the noise of dequantization does not change.
    samples: whether it draws images. explains: whether its log p(x|y) is a sum over places of an image, which a page in
    explaining/ tells. latents: whether it has a latent space with a center for each class. cost: of scoring an image,
    relative to a score model. loss_unit: of its training loss ("" without one). color, marker, line: its look in
    figures; any one of the three tells kinds apart.
    """

    title: str
    gives: Literal["log_prob", "logits"]
    fitted: Literal["descent", "at_once", "elsewhere"]
    exact: bool
    discrete: bool
    samples: bool
    explains: bool
    latents: bool
    cost: float
    loss_unit: str
    color: str
    marker: str
    line: Any


# Okabe & Ito 2008: colors that every kind of color vision tells apart.
KINDS: dict[str, Kind] = {
    "score": Kind(
        title="Score model",
        gives="log_prob",
        fitted="descent",
        exact=False,
        discrete=False,
        samples=True,
        explains=True,
        latents=False,
        cost=1.0,
        loss_unit="Score-matching loss [per dim.]",
        color="#0072B2",
        marker="o",
        line="-",
    ),
    "gaussian": Kind(
        title="Gaussian",
        gives="log_prob",
        fitted="at_once",
        exact=True,
        discrete=False,
        samples=False,
        explains=True,
        latents=False,
        cost=1 / 64,
        loss_unit="",
        color="#009E73",
        marker="s",
        line=(0, (4, 1.5)),
    ),
    "wide_resnet": Kind(
        title="WideResNet",
        gives="logits",
        fitted="descent",
        exact=True,
        discrete=False,
        samples=False,
        explains=False,
        latents=False,
        cost=1 / 64,
        loss_unit="Cross-entropy [nats]",
        color="#D55E00",
        marker="^",
        line=(0, (5, 1.5, 1, 1.5)),
    ),
    "glow": Kind(
        title="Conditional flow",
        gives="log_prob",
        fitted="descent",
        exact=True,
        discrete=False,
        samples=True,
        explains=False,
        latents=False,
        cost=1 / 16,
        loss_unit="Loss [nats per dim.]",
        color="#E69F00",
        marker="v",
        line=(0, (3, 1, 1, 1, 1, 1)),
    ),
    "pixelcnn": Kind(
        title="PixelCNN++",
        gives="log_prob",
        fitted="descent",
        exact=True,
        discrete=True,
        samples=True,
        explains=False,
        latents=False,
        cost=1 / 16,
        loss_unit="Loss [nats per dim.]",
        color="#56B4E9",
        marker="P",
        line=(0, (2, 2)),
    ),
    "ib_inn": Kind(
        title="IB-INN",
        gives="log_prob",
        fitted="descent",
        exact=True,
        discrete=False,
        samples=True,
        explains=True,
        latents=True,
        cost=1 / 32,
        loss_unit="Loss [nats]",
        color="#CC79A7",
        marker="D",
        line=(0, (7, 2)),
    ),
    "resnet": Kind(
        title="ResNet",
        gives="logits",
        fitted="descent",
        exact=True,
        discrete=False,
        samples=False,
        explains=False,
        latents=False,
        cost=1 / 64,
        loss_unit="Cross-entropy [nats]",
        color="#882255",  # of Tol 2021: what is left of Okabe and Ito's is black, and a yellow that paper hides
        marker="*",
        line=(0, (1, 2)),
    ),
    "defended": Kind(
        title="Defended model",
        gives="logits",
        fitted="elsewhere",
        exact=True,
        discrete=False,
        samples=False,
        explains=False,
        latents=False,
        cost=1 / 8,
        loss_unit="",
        color="#332288",  # of Tol 2021
        marker="H",
        line=(0, (1, 1, 4, 1)),
    ),
}
