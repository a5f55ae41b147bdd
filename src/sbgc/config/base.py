"""What every part of the configuration is made of: frozen settings, and the kinds of values that they hold."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Frozen; an unknown key is an error; numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _distinct(values: tuple[object, ...]) -> tuple[object, ...]:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"must not repeat {value!r}")
    return values


# Strict: YAML takes 2e-4 for text, and pydantic would take true for 1; neither may pass for a number.
Int = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True)]
Bool = Annotated[bool, Field(strict=True)]
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]
Fraction = Annotated[Real, Field(ge=0, lt=1)]
Count = Annotated[Int, Field(ge=1)]
Seed = Annotated[Int, Field(ge=0)]
Distinct = AfterValidator(_distinct)
# Names are parts of paths; a model's or an evaluation's must not look like pgd-linf@score-seed0.
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
ExperimentName = Annotated[str, Field(pattern="^[a-z][a-z0-9_-]*$")]
