"""All attacks together. A training imports the one that it makes, so that another one's code is not part of its own."""

from sbgc.maths.attacks.apgd import APGD
from sbgc.maths.attacks.boundary import Boundary
from sbgc.maths.attacks.carlini_wagner import CarliniWagner
from sbgc.maths.attacks.fast_minimum_norm import FastMinimumNorm
from sbgc.maths.attacks.noise import Noise
from sbgc.maths.attacks.pgd import PGD
from sbgc.maths.attacks.square import Square

__all__ = ["APGD", "PGD", "Boundary", "CarliniWagner", "FastMinimumNorm", "Noise", "Square"]
