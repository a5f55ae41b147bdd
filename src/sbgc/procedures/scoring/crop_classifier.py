"""10-crop testing: mean posteriors over crops of an image (Krizhevsky et al. 2012; Mackowiak et al. 2021, 4.1)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from sbgc.config.analyses import CornerCrops, number_of
from sbgc.maths.augmentation import surroundings_of
from sbgc.maths.bayes_rule import classifier_of
from sbgc.maths.crops import corner_crops
from sbgc.types import Classifier, ClassLogits, Image, Key


@partial(jax.tree_util.register_dataclass, data_fields=["classifier"], meta_fields=["crops"])
@dataclass(frozen=True)
class CropClassifier:
    """The mean of a classifier's p(y|x) over corner and center crops of the image with a border, and mirrored ones."""

    classifier: Classifier
    crops: CornerCrops

    @property
    def num_classes(self) -> int:
        """The number of classes of the classifier."""
        return self.classifier.num_classes

    @property
    def passes(self) -> int:
        """How often the classifier is asked about one image."""
        return number_of(self.crops)

    def logits(self, x: Image, key: Key) -> ClassLogits:
        """The logarithm of the mean of the posteriors, not the mean of the logarithms. All crops share the key.

        x: the image, with its surroundings where these are the border.
        """
        border, held = self.crops.border, 2 * surroundings_of(self.crops)
        framed = x if held else jnp.pad(x, ((border, border), (border, border), (0, 0)), mode=self.crops.fill)
        views = corner_crops(framed, x.shape[0] - held, x.shape[1] - held, self.crops.mirrored)
        log_p = jax.nn.log_softmax(jax.vmap(lambda view: self.classifier.logits(view, key))(views))
        return jax.nn.logsumexp(log_p, axis=0) - jnp.log(len(views))


def cropped(model: Any, crops: CornerCrops) -> CropClassifier:
    """A density or a classifier, asked about crops."""
    return CropClassifier(classifier_of(model), crops)
