"""The settings of a likelihood: by which procedure, and with which noise an image is dequantized."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sbgc.config.base import Count, Int, Positive, Settings


def power_of_two(value: int) -> int:
    """The value; raises ValueError unless it is a power of two."""
    if value & (value - 1):
        raise ValueError("must be a power of two")
    return value


class Fast(Settings):
    """The trajectory solved once on a fixed grid in log-SNR."""

    procedure: Literal["fast"]
    nodes: Annotated[Int, Field(ge=3)]
    num_probes: Count  # at each node
    family: Literal["rademacher", "gaussian", "sphere", "hadamard"]  # of the probes, see maths/probes.py

    @field_validator("family")
    @classmethod
    def _in_blocks(cls, family: str, info: ValidationInfo) -> str:
        count = info.data.get("num_probes", 1)
        if family == "hadamard" and count & (count - 1):
            raise ValueError(f"needs a power of two as num_probes, found {count}")
        return family


class Reference(Settings):
    """The paper's procedure: Dormand-Prince, one Rademacher probe fixed along the path."""

    procedure: Literal["reference"]
    rtol: Positive
    atol: Positive


class Elbo(Settings):
    """The evidence lower bound: denoising errors at importance-sampled times, shared by the classes."""

    procedure: Literal["elbo"]
    samples: Count


Likelihood = Annotated[Fast | Reference | Elbo, Field(discriminator="procedure")]
# Of how many draws a Latin hypercube sample of the noise is made (data/dequantize.py); 1: independent draws.
Strata = Annotated[Count, AfterValidator(power_of_two), Field(le=1024)]


class Uniform(Settings):
    """x = k + u, u uniform on the cell (Theis et al. 2016)."""

    kind: Literal["uniform"]
    strata: Strata


class TruncatedNormal(Settings):
    """u normal around the middle of the cell and cut off at its walls (Zheng et al. 2023, section 4.2).

    The flow then begins at the noise level of u: for networks trained on the grey levels themselves.
    """

    kind: Literal["truncated_normal"]
    strata: Strata
    width: Positive  # half a cell, in standard deviations


Dequantization = Annotated[Uniform | TruncatedNormal, Field(discriminator="kind")]
