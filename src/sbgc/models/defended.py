"""Another model behind a defence. It has no training of its own."""

from sbgc import models
from sbgc.config.defences import Averaging
from sbgc.config.likelihoods import Likelihood
from sbgc.config.models import DefendedModel
from sbgc.config.spec import Spec, undefended
from sbgc.maths.bayes_rule import classifier_of
from sbgc.maths.defences import Averaged, Maximized


def load(spec: Spec, params: bytes, likelihood: Likelihood | None = None) -> Averaged | Maximized:
    """The defended model of a spec, and of the parameters of the model that it defends; it has no likelihood.

    Raises ArtifactError when these are not the parameters of that model.
    """
    settings, of = spec.settings, undefended(spec)
    assert isinstance(settings, DefendedModel)
    del likelihood
    plain = models.page(of.settings.kind).load(of, params)
    defence, levels = settings.defence, spec.dataset.levels
    if isinstance(defence, Averaging):
        return Averaged(classifier_of(plain), (levels - 1) * defence.std, defence.draws)
    epsilon, step = ((levels - 1) * length for length in (defence.epsilon, defence.step))
    return Maximized(plain, levels, epsilon, defence.steps, step)
