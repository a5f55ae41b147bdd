"""An attack, and how the classifier is attacked, from their settings."""

from sbgc.config import attacked
from sbgc.config.attacked import Method
from sbgc.config.spec import Attacking
from sbgc.maths.acceptance import Band
from sbgc.maths.attacks import machines
from sbgc.maths.attacks.protocol import Attack
from sbgc.procedures.attacks.found import Plan
from sbgc.procedures.attacks.victim import Settings


def plan(settings: Attacking, method: Method) -> Plan:
    """The attack, its bounds and its rounds."""
    restarts, targets = (getattr(method, name, default) for name, default in (("restarts", 1), ("targets", 0)))
    return Plan(
        attack_of(method), tuple(sorted(settings.epsilons)), restarts, targets, settings.rivals, settings.enough
    )


def victim_settings(settings: Attacking, method: Method, levels: int, seed: int, evaded: Band | None) -> Settings:
    """What is made large, and with which noise. Attacks that look for the least perturbation work on the margin.

    evaded: what the test accepts that the method evades.
    """
    attack = attack_of(method)
    return Settings(
        loss=getattr(method, "loss", "margin"),
        targeted=getattr(method, "targets", 0) > 0,
        levels=levels,
        seed=seed,
        fresh_probes="probes" in settings.fresh,
        fresh_noise="noise" in settings.fresh,
        with_gradient=attack.uses_gradient,
        evaded=evaded,
        apart=isinstance(attack, machines.CarliniWagner),
    )


def attack_of(method: Method) -> Attack:
    """The attack of a method."""
    match method:
        case attacked.PGD():
            return machines.PGD(method.norm, method.steps, method.relative_step, method.last_step)
        case attacked.APGD():
            return machines.APGD(method.norm, method.steps)
        case attacked.FastMinimumNorm():
            return machines.FastMinimumNorm(method.norm, method.steps, method.first_step, method.confidence)
        case attacked.CarliniWagner():
            return machines.CarliniWagner(
                method.steps,
                method.searches,
                method.learning_rate,
                method.first_weight,
                float(method.confidence),
                method.detector_weight,
            )
        case attacked.Square():
            return machines.Square(method.steps, method.area)
        case attacked.Noise():
            return machines.Noise(method.norm, method.steps)
        case attacked.Boundary():
            return machines.Boundary(method.steps, method.first_step, method.confidence)
