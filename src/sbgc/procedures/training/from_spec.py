"""The settings of descent that a spec holds."""

from sbgc.config.spec import Spec, training_of
from sbgc.maths import augmix
from sbgc.maths.augmentation import Crops
from sbgc.procedures.training.descent import Settings


def settings(spec: Spec) -> Settings:
    """Those of a model that is fitted by descent."""
    training, mixing = training_of(spec), None
    crops = Crops(training.crops.border, training.crops.fill) if training.crops else None
    if training.augmix:
        mixing = augmix.Settings(training.augmix.severity, training.augmix.width, spec.dataset.levels)
    return Settings(
        training.batch_size,
        training.ema_decay,
        training.accumulation,
        training.flips,
        crops,
        mixing,
        getattr(spec.settings, "class_networks", None) is not None,
    )
