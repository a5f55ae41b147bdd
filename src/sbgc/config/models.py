"""The settings of the models, one class for each kind (kinds.py)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sbgc.config.base import (
    Fraction,
    Int,
    Name,
    NonNegative,
    Real,
    Settings,
)
from sbgc.config.defences import Defence
from sbgc.config.likelihoods import Fast, Likelihood
from sbgc.config.nets import (
    ClassMeans,
    ClassNetworks,
    Exploding,
    FlowNet,
    InvertibleResNet,
    LinearBeta,
    MixturePrior,
    PixelCNN,
    SplitPrior,
    UNet,
)
from sbgc.config.training import (
    SGD,
    Adam,
    Adversarial,
    Bottleneck,
    FlowOptimizer,
    Momentum,
    Nesterov,
    Objective,
    Training,
    Weights,
)
from sbgc.kinds import KINDS


def _of_views(consistency: float, info: ValidationInfo) -> float:
    training = info.data.get("training")
    if consistency and training and training.augmix is None:
        raise ValueError("needs training.augmix, whose views it compares; or 0")
    return consistency


# The weight of the Jensen-Shannon divergence between AugMix views of an image; 0: none.
Consistency = Annotated[NonNegative, AfterValidator(_of_views)]


def _of_one_view(adversarial: Adversarial | None, info: ValidationInfo) -> Adversarial | None:
    if adversarial and info.data.get("weights"):
        raise ValueError("must be null, for the model is given its weights")
    if adversarial and info.data.get("consistency"):
        raise ValueError("needs consistency = 0, for an attack is on one view of an image; or null")
    return adversarial


# null: training on the images themselves.
Attacked = Annotated[Adversarial | None, AfterValidator(_of_one_view)]


class ScoreModel(Settings):
    """A class-conditional score model."""

    kind: Literal["score"]
    sde: Annotated[LinearBeta | Exploding, Field(discriminator="name")]
    net: UNet
    class_networks: ClassNetworks | None = None  # None: one network for all classes, as in the papers
    objective: Objective | None = None  # these three: None only where weights are given
    optimizer: Adam | None = None
    training: Training | None = None
    weights: Weights | None = None
    likelihood: Likelihood | None = None  # how log p is estimated; None only where the model is trained


class GaussianModel(Settings):
    """One full-covariance Gaussian per class, shrunk towards the pooled spherical one."""

    kind: Literal["gaussian"]
    shrinkage: Annotated[Real, Field(gt=0, le=1)]


class WideResNetModel(Settings):
    """The discriminative baseline."""

    kind: Literal["wide_resnet"]
    depth: Annotated[Int, Field(ge=10, le=1000)]
    widen: Annotated[Int, Field(ge=1, le=100)]
    base_features: Annotated[Int, Field(ge=1, le=4096)]
    dropout: Fraction
    optimizer: Nesterov | None = None  # these two: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None
    consistency: Consistency
    adversarial: Attacked = None

    @field_validator("depth")
    @classmethod
    def _whole_blocks(cls, depth: int) -> int:
        if depth % 6 != 4:
            raise ValueError("must be 6 n + 4: three groups of n blocks of two convolutions")
        return depth


class ResNetModel(Settings):
    """The discriminative counterpart of IB-INNs, as large as its settings say (nets/resnet.py)."""

    kind: Literal["resnet"]
    stem: Literal["plain", "imagenet"]  # one 3x3 convolution; or a 7x7 one and a pooling, which halve the image twice
    block: Literal["basic", "bottleneck"]
    blocks: Annotated[tuple[Annotated[Int, Field(ge=1, le=256)], ...], Field(min_length=1, max_length=8)]  # a stage
    features: Annotated[Int, Field(ge=1, le=4096)]  # of the first stage; each other stage doubles them
    optimizer: Momentum | None = None  # these two: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None
    consistency: Consistency
    adversarial: Attacked = None


class GlowModel(Settings):
    """A conditional flow."""

    kind: Literal["glow"]
    net: FlowNet
    prior: Annotated[MixturePrior | SplitPrior, Field(discriminator="name")]
    classification: NonNegative | None = None  # weight of the cross-entropy beside the nats per dimension
    optimizer: FlowOptimizer | None = None  # these three: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None


class PixelCNNModel(Settings):
    """A conditional PixelCNN++."""

    kind: Literal["pixelcnn"]
    net: PixelCNN
    classification: NonNegative | None = None  # alpha, the weight of the cross-entropy beside the nats per dimension
    optimizer: Adam | None = None  # these three: None only where weights are given
    training: Training | None = None
    weights: Weights | None = None


class IBINNModel(Settings):
    """An invertible network with a Gaussian per class, trained with the information bottleneck."""

    kind: Literal["ib_inn"]
    net: InvertibleResNet
    means: ClassMeans
    bottleneck: Bottleneck | None = None  # these three: None only where weights are given
    optimizer: SGD | None = None
    training: Training | None = None
    weights: Weights | None = None


class DefendedModel(Settings):
    """Another model of the experiment, which classifies behind a defence. Its parameters are the other one's."""

    kind: Literal["defended"]
    of: Name
    defence: Defence


# Settings of a training, which are null where weights are given in its place.
OF_TRAINING = ("objective", "classification", "bottleneck", "optimizer", "training")

Model = Annotated[
    ScoreModel | GaussianModel | WideResNetModel | GlowModel | PixelCNNModel | IBINNModel | ResNetModel | DefendedModel,
    Field(discriminator="kind"),
]


def learns_classes(model: Model) -> bool:
    """Whether labels take part in its training: with beta = 0 its classes are clusters without a name."""
    return not (isinstance(model, IBINNModel) and model.bottleneck is not None and model.bottleneck.beta == 0)


def has_maps(model: Model) -> bool:
    """Whether its log p(x|y) is a sum over places: not where a last coupling mixes these, and not without a grid."""
    if isinstance(model, IBINNModel) and model.net.dense:
        return False
    likelihood = getattr(model, "likelihood", None)
    return KINDS[model.kind].explains and (KINDS[model.kind].exact or isinstance(likelihood, Fast))


def fitted_as(models: Mapping[str, Model], name: str) -> str:
    """The model whose parameters a model has: itself, or the one that it defends."""
    model = models[name]
    return model.of if isinstance(model, DefendedModel) else name


def is_trained(model: Model) -> bool:
    """Whether descent fits the model here; not where it is given its weights."""
    return KINDS[model.kind].fitted == "descent" and getattr(model, "weights", None) is None
