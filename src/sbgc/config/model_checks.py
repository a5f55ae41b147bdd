"""The rules between a model's settings and the images that it is made for."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sbgc.config.analyses import CornerCrops
from sbgc.config.mistakes import MISSING, Mistake, Place, most, one_of
from sbgc.config.models import (
    OF_TRAINING,
    GaussianModel,
    GlowModel,
    IBINNModel,
    PixelCNNModel,
    ResNetModel,
    ScoreModel,
    is_trained,
)
from sbgc.config.nets import ClassNetworks, SplitPrior, UNet
from sbgc.config.training import Crops, Training
from sbgc.kinds import KINDS

if TYPE_CHECKING:
    from sbgc.config.models import Model

LARGEST_COVARIANCES = 256 * 2**30  # bytes; one of all pixels for each class, of which a fit holds five in float64


class Data(NamedTuple):
    """The images that a model is made for.

    training_images: None where the files alone tell. margin: pixels around each image that its files hold.
    """

    image_shape: tuple[int, int, int]
    num_classes: int
    training_images: int | None
    margin: int


def mistakes(place: Place, model: "Model", data: Data, segments: int) -> Iterator[Mistake]:
    """Every broken rule of one model. segments: of a training."""
    if not KINDS[model.kind].exact and getattr(model, "likelihood", None) is None:
        yield Mistake((*place, "likelihood"), MISSING)
    yield from _training(place, model)
    height, width, channels = data.image_shape
    if isinstance(model, GaussianModel):
        needed = 5.0 * 8.0 * data.num_classes * (height * width * channels) ** 2
        if needed > LARGEST_COVARIANCES:
            rule = f"needs {needed / 2**30:.0f} GiB for the covariances of images of {height}x{width}x{channels}; "
            yield Mistake(place, f"{rule}leave it out, with null in its place")
    if isinstance(training := getattr(model, "training", None), Training):
        batch = (*place, "training", "batch_size")
        yield from most(batch, training.batch_size, data.training_images, "the size of the train split")
        if training.crops:
            yield from crops((*place, "training", "crops"), training.crops, data)
        if segments > training.steps:
            rule = f"must be at least execution.segments = {segments}, for a segment has a step or more"
            yield Mistake((*place, "training", "steps"), rule, training.steps)
        elif (warmup := getattr(getattr(model, "optimizer", None), "warmup_steps", 0)) >= training.steps:
            rule = f"must be less than training.steps = {training.steps}"
            yield Mistake((*place, "optimizer", "warmup_steps"), rule, warmup)
    if isinstance(net := getattr(model, "net", None), UNet):
        yield from _levels((*place, "net"), net, height, width)
        yield from _groups((*place, "net"), net)
    if isinstance(model, GlowModel):
        yield from _flow(place, model, data)
    if isinstance(model, PixelCNNModel):
        yield from _halvings((*place, "net", "levels"), model.net.levels, height, width)
    if isinstance(model, IBINNModel):
        blocks = model.net.blocks
        if height % 2 ** len(blocks) or width % 2 ** len(blocks):
            rule = f"{height}x{width} pixels cannot be halved {len(blocks)} times, once by each stage"
            yield Mistake((*place, "net", "blocks"), rule, blocks)
        if low_rank := model.means.low_rank:
            first, numbers = (*place, "means", "low_rank", "first"), height * width * channels
            yield from most(first, low_rank.first, numbers - 1, "less than the numbers of an image")
    if isinstance(model, ResNetModel):
        yield from _stages(place, model, height, width)
    if isinstance(model, ScoreModel) and model.class_networks:
        yield from _class_networks(place, model, model.class_networks)


def crops(place: Place, crops: Crops | CornerCrops, data: Data) -> Iterator[Mistake]:
    """A border is narrower than the image, and its surroundings are as wide where they stand there."""
    if crops.fill == "surroundings" and not data.margin:
        rule = "is for images with a margin (dataset.ilsvrc); others have none"
        yield Mistake((*place, "fill"), rule, crops.fill)
    elif crops.fill == "surroundings":
        yield from most((*place, "border"), crops.border, data.margin, "dataset.ilsvrc.margin")
    yield from most((*place, "border"), crops.border, min(data.image_shape[:2]) - 1, "less than the image's side")


def _training(place: Place, model: "Model") -> Iterator[Mistake]:
    """A model that descent fits has settings of its training, or weights in their place."""
    if KINDS[model.kind].fitted != "descent":
        return
    for section in OF_TRAINING:
        if section not in type(model).model_fields:
            continue
        given = getattr(model, section)
        if is_trained(model) and given is None:
            yield Mistake((*place, section), MISSING)
        elif not is_trained(model) and given is not None:
            yield Mistake((*place, section), "must be null, for the model is given its weights")


def _stages(place: Place, model: ResNetModel, height: int, width: int) -> Iterator[Mistake]:
    """nets/resnet.py halves the image, rounding up, by each stage but the first, and twice by the stem of ImageNet."""
    halvings = len(model.blocks) - 1 + 2 * (model.stem == "imagenet")
    if 2**halvings > min(height, width):
        rule = f"{height}x{width} pixels cannot be halved {halvings} times; take fewer stages"
        more = ", or the plain stem" if model.stem == "imagenet" else ""
        yield Mistake((*place, "blocks"), rule + more, model.blocks)


def _levels(place: Place, net: UNet, height: int, width: int) -> Iterator[Mistake]:
    """nets/unet.py halves the image between its levels, and attends at the levels of the wanted heights."""
    halvings = len(net.multipliers) - 1
    if height % 2**halvings or width % 2**halvings:
        rule = f"{height}x{width} pixels cannot be halved {halvings} times for {halvings + 1} levels"
        yield Mistake((*place, "multipliers"), rule, net.multipliers)
        return
    heights = [height >> level for level in range(halvings + 1)]
    for number, wanted in enumerate(net.attention_sizes):
        if wanted not in heights:
            yield Mistake((*place, "attention_sizes", number), one_of(wanted, heights), wanted)


def _class_networks(place: Place, model: ScoreModel, networks: ClassNetworks) -> Iterator[Mistake]:
    """Neither the network of all classes nor that of one goes without noise levels, or without images."""
    if (begin := networks.begin) <= model.sde.t_min:
        rule = f"must be more than sde.t_min = {model.sde.t_min:g}"
        yield Mistake((*place, "class_networks", "begin"), rule, begin)
    if training := model.training:
        part = training.batch_size // training.accumulation
        if not 0 < round(networks.shared * part) < part:
            rule = f"must give both networks some of the {part} images of a part of a batch"
            yield Mistake((*place, "class_networks", "shared"), rule, networks.shared)


def _halvings(place: Place, levels: int, height: int, width: int) -> Iterator[Mistake]:
    if height % 2 ** (levels - 1) or width % 2 ** (levels - 1):
        rule = f"{height}x{width} pixels cannot be halved {levels - 1} times for {levels} levels"
        yield Mistake(place, rule, levels)


def _flow(place: Place, model: GlowModel, data: Data) -> Iterator[Mistake]:
    """nets/glow.py halves the framed image between its levels; the split prior takes a latent for each class."""
    net, (height, width, channels) = model.net, data.image_shape
    high, wide, halvings = height + 2 * net.border, width + 2 * net.border, net.levels - 1
    if wrong := list(_halvings((*place, "net", "levels"), net.levels, high, wide)):
        yield from wrong
        return
    top = (high >> halvings) * (wide >> halvings) * (2 * channels << halvings)
    if isinstance(model.prior, SplitPrior) and top <= data.num_classes:
        rule = f"needs more than the {top} latents of the last level for {data.num_classes} classes"
        yield Mistake((*place, "prior"), rule)


def _groups(place: Place, net: UNet) -> Iterator[Mistake]:
    """GroupNorm has min(C / 4, 32) groups, which must divide every width C that the network normalizes.

    These are the widths of the levels, and of the up path's inputs, which are joined with those of the way down.
    """
    joined = [a + b for a, b in pairwise((1, *net.multipliers, net.multipliers[-1]))]
    within = [2 * multiplier for multiplier in net.multipliers if net.blocks > 1]
    widths = [net.features * multiplier for multiplier in (*net.multipliers, *joined, *within)]
    if wrong := [width for width in widths if width % min(width // 4, 32)]:
        groups = min(wrong[0] // 4, 32)
        rule = f"gives a layer of {wrong[0]} channels, which do not divide into {groups} groups; a multiple of 32 works"
        yield Mistake((*place, "features"), rule, net.features)
