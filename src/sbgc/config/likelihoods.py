"""The settings of a likelihood: by which procedure log p(x|y) is estimated."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sbgc.config.base import Draws, Int, Positive, Settings, Small

AUTO = "auto"
GAPS = "gaps"


def power_of_two(value: int) -> int:
    """The value; raises ValueError unless it is a power of two."""
    if value & (value - 1):
        raise ValueError("must be a power of two")
    return value


class Fast(Settings):
    """The trajectory is solved once, on a fixed grid in log-SNR (maths/fixed_grid.py)."""

    procedure: Literal["fast"]
    nodes: Annotated[Int, Field(ge=3, le=10_000)] | Literal["auto"]  # auto: as many as the calibration finds
    num_probes: Draws  # at each node
    family: Literal["rademacher", "hadamard"]  # of the probes (maths/probes.py)

    @field_validator("nodes", mode="before")
    @classmethod
    def _number_or_auto(cls, nodes: Any) -> Any:
        if isinstance(nodes, str) and nodes != AUTO and not nodes.isdigit():  # a number in quotes is told as such
            raise ValueError(f"must be a whole number, or {AUTO}")
        return nodes

    @field_validator("family")
    @classmethod
    def _in_blocks(cls, family: str, info: ValidationInfo) -> str:
        count = info.data.get("num_probes", 1)
        if family == "hadamard" and count & (count - 1):
            raise ValueError(f"needs a power of two as num_probes, found {count}")
        return family


class Reference(Settings):
    """The paper's procedure: Dormand-Prince, and one Rademacher probe that stays fixed along the path."""

    procedure: Literal["reference"]
    rtol: Annotated[Positive, Field(ge=1e-7)]  # float32 resolves no smaller tolerance
    atol: Annotated[Positive, Field(ge=1e-9)]


class Elbo(Settings):
    """The evidence lower bound: denoising errors at random noise levels, which all classes share (maths/elbo.py)."""

    procedure: Literal["elbo"]
    samples: Draws
    levels: Literal["even", "gaps"]  # uniform in their weight; or where calibration finds class gaps noisy


Likelihood = Annotated[Fast | Reference | Elbo, Field(discriminator="procedure")]
# Dequantization noise is drawn in blocks: so many draws form one Latin hypercube sample (data/dequantize.py). 1 makes
# all draws independent.
Strata = Annotated[Small, AfterValidator(power_of_two)]
