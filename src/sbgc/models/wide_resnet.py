"""The wide residual network as a classifier. How it is trained stands in fitting/wide_resnet.py."""

from sbgc.config.likelihoods import Likelihood
from sbgc.config.spec import Spec
from sbgc.models.network_classifier import NetworkClassifier, restored
from sbgc.nets.wide_resnet import WideResNet


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> NetworkClassifier:
    """The classifier of a spec and of its averaged variables as msgpack; it has no likelihood.

    Raises ArtifactError when these are not the parameters of the spec's network.
    """
    del likelihood
    images = spec.dataset
    sizes = spec.settings.model_dump(include={"depth", "widen", "base_features", "dropout"})
    net = WideResNet(**sizes, num_classes=images.num_classes)
    what = f"parameters of {spec.model}"
    return restored(net, images.image_shape, images.num_classes, images.levels, params, what)
