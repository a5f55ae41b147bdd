"""What a step is told of the configuration: JSON on its command line, parsed back into the settings' types."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from sbgc.config.analyses import Calibration, CornerCrops, Corruption, Metrics
from sbgc.config.attacked import Method
from sbgc.config.base import NonNegative, Real, Settings, Text, Written
from sbgc.config.likelihoods import Likelihood
from sbgc.config.models import GlowModel, IBINNModel, Model, PixelCNNModel, fitted_as
from sbgc.config.training import Training
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.experiment import Experiment

Percent = Annotated[Real, Field(ge=0, le=100)]


class Images(Settings):
    """What the images of a dataset are."""

    name: str
    levels: int
    image_shape: tuple[int, int, int]
    num_classes: int


class Spec(Settings):
    """A model of an experiment: what is trained, without how its likelihood is estimated.

    of: the settings of the model that it defends; None where it defends none.
    """

    experiment: str
    model: str
    dataset: Images
    settings: Model
    of: Model | None = None


def images_of(experiment: "Experiment") -> dict[str, Any]:
    """The values of `Images` of an experiment, as JSON has them."""
    return experiment.dataset.model_dump(mode="json", include=set(Images.model_fields))


def facts_of(name: str, experiment: "Experiment", model: str) -> dict[str, Any]:
    """The values of the spec of an experiment's model, as JSON has them.

    Left out are how its log p is estimated and where given weights lie.
    """

    def settings(model: str) -> dict[str, Any]:
        return experiment.models[model].model_dump(mode="json", exclude={"likelihood", "weights"})

    facts = {"experiment": name, "model": model, "dataset": images_of(experiment), "settings": settings(model)}
    of = fitted_as(experiment.models, model)
    return facts if of == model else facts | {"of": settings(of)}


def kinds_of(spec: Spec) -> list[str]:
    """The kind of a model, and that of the one that it defends: whose pages make what it evaluates."""
    return list(dict.fromkeys([spec.settings.kind, *([spec.of.kind] if spec.of else [])]))


def undefended(spec: Spec) -> Spec:
    """The model that a defended one guards; it has the same parameters."""
    assert spec.of, f"{spec.model} defends no model"
    return spec.model_copy(update={"settings": spec.of, "of": None})


def training_of(spec: Spec) -> Training:
    """The training settings of a model that is fitted by descent."""
    training = getattr(spec.settings, "training", None)
    assert isinstance(training, Training), f"{spec.model} is not trained"
    return training


class Scoring(Settings):
    """How images are scored: the evaluation's name, its draws and their noise, and the likelihood.

    likelihood: None for a model whose log p takes no procedure, or that has none. crops: over which posteriors are
    averaged; None for the images themselves. seed: of the noise. anew: whether noise and probes are those of no other
    evaluation (keys.second).
    """

    evaluation: str
    draws: int
    strata: int
    seed: int
    anew: bool
    likelihood: Likelihood | None
    crops: CornerCrops | None


class Calibrating(Calibration):
    """How the grid of a model is calibrated, and the seed of the dequantization noise."""

    seed: int


class Racing(Settings):
    """How classes race: see config/experiment.py, Race."""

    screen: Likelihood
    reach: float
    error: float


class Attacking(Settings):
    """An attack on the first images of a split, with the noise of their judge.

    method: None for the images before any attack. likelihood, rivals, enough, fresh: of what is attacked
    (config/attacked.py). rate: of false positives of the test that the method evades; None where it evades none.
    """

    name: str
    method: Method | None
    epsilons: tuple[float, ...]
    images: int
    draws: int
    strata: int
    seed: int
    likelihood: Likelihood | None
    rivals: int
    enough: float
    fresh: tuple[str, ...]
    rate: float | None


class Statistics(Metrics):
    """Bootstrap resamples, the intervals' confidence, calibration bins, random subsets of draws, and their seed."""

    seed: int


class Averages(Settings):
    """Which corruptions the mean without noises leaves out, and the model that mCE is measured against."""

    noises: tuple[str, ...]
    baseline: str | None


class FlowFacts(Settings):
    """Of a conditional flow or a PixelCNN++: what a table says of it beside its results.

    weight: of the classification loss; None where the model was given its parameters. framed: the pixels of the image
    within its border, relative to those of the image.
    """

    weight: float | None
    framed: float


def flow_facts_of(experiment: "Experiment") -> dict[str, FlowFacts]:
    """The facts of the conditional flows and PixelCNN++ of an experiment."""
    height, width, _ = experiment.dataset.image_shape
    found = {}
    for name, model in experiment.models.items():
        if isinstance(model, GlowModel | PixelCNNModel):
            border = model.net.border if isinstance(model, GlowModel) else 0
            framed = (height + 2 * border) * (width + 2 * border) / (height * width)
            found[name] = FlowFacts(weight=model.classification, framed=framed)
    return found


class BottleneckFacts(Settings):
    """Of an IB-INN, or of a classifier beside it: what a table says of it beside its results.

    beta: "infinity" for the cross-entropy alone; None where the model was given its parameters, and for a classifier.
    """

    beta: float | Literal["infinity"] | None
    classifier: bool
    levels: int


def bottleneck_facts_of(experiment: "Experiment") -> dict[str, BottleneckFacts]:
    """The facts of the IB-INNs of an experiment, and of its classifiers; none where it has no IB-INN."""
    found, levels = {}, experiment.dataset.levels
    for name, model in experiment.models.items():
        if isinstance(model, IBINNModel):
            beta = model.bottleneck.beta if model.bottleneck else None
            found[name] = BottleneckFacts(beta=beta, classifier=False, levels=levels)
        elif KINDS[model.kind].gives == "logits":
            found[name] = BottleneckFacts(beta=None, classifier=True, levels=levels)
    return {} if all(facts.classifier for facts in found.values()) else found


class Quoted(Settings):
    """Numbers that a paper printed; None where it printed none. dataset: None where the table is of CIFAR-10 alone."""

    model: Written
    dataset: Written | None = None
    source: Written
    accuracy: Percent | None = None
    bits_per_dim: Annotated[Real, Field(ge=-100, le=100)] | None = None
    loss_x: Annotated[Real, Field(ge=-1000, le=1000)] | None = None
    loss_y: Annotated[Real, Field(ge=0, le=1000)] | None = None
    overconfidence_error: NonNegative | None = None
    all_corruptions: Percent | None = None
    without_noises: Percent | None = None
    clean_error: Percent | None = None
    mce: NonNegative | None = None
    relative_mce: NonNegative | None = None
    entropy_increase: Annotated[Real, Field(ge=-100, le=100)] | None = None
    auroc: Percent | None = None
    detection: dict[Corruption, Percent] = {}  # the area under the ROC curve by corruption, in per cent
    linf: Percent | None = None
    l2: Percent | None = None
    misled: Percent | None = None
    undetected: Percent | None = None
    note: Text = ""
