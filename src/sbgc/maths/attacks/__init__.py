"""Attacks on the input of a classifier, each a machine of arrays for one image (protocol.py)."""

from sbgc.maths.attacks import balls
from sbgc.maths.attacks.apgd import APGD
from sbgc.maths.attacks.boundary import Boundary
from sbgc.maths.attacks.carlini_wagner import CarliniWagner
from sbgc.maths.attacks.fast_minimum_norm import FastMinimumNorm
from sbgc.maths.attacks.losses import CLASSES_NEEDED, LOSSES, ranked
from sbgc.maths.attacks.noise import Noise
from sbgc.maths.attacks.pgd import PGD
from sbgc.maths.attacks.protocol import Attack, Goal, Seen
from sbgc.maths.attacks.square import Square

__all__ = [
    "APGD",
    "CLASSES_NEEDED",
    "LOSSES",
    "PGD",
    "Attack",
    "Boundary",
    "CarliniWagner",
    "FastMinimumNorm",
    "Goal",
    "Noise",
    "Seen",
    "Square",
    "balls",
    "ranked",
]
