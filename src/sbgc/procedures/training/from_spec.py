"""The settings of descent that a spec holds."""

from sbgc.config.spec import Spec, training_of
from sbgc.maths import augmix
from sbgc.procedures.training.descent import Settings


def settings(spec: Spec) -> Settings:
    """Those of a model that is fitted by descent."""
    training, mixing = training_of(spec), None
    if training.augmix:
        mixing = augmix.Settings(training.augmix.severity, training.augmix.width, spec.dataset.levels)
    return Settings(
        training.batch_size, training.ema_decay, training.accumulation, training.flips, training.crops, mixing
    )
