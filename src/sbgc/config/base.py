"""What every part of the configuration is made of: frozen settings, and the kinds of values that they hold."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from sbgc.config.mistakes import Mistake, hint, refuse

LARGEST_SEED = 2**31 - 1  # a JAX key holds 32 bits: a larger seed could give the same key as a smaller one
LONGEST_NAME = 64  # names are parts of paths, whose parts are limited to 255 bytes
NAME = f"^[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}$"
EXPERIMENT_NAME = f"^[a-z][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}$"


class Settings(BaseModel):
    """Frozen settings. An unknown key is an error, and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        """Refuse unknown keys first: a misspelt key would otherwise be told as a missing one as well."""
        if isinstance(values, dict):
            allowed = list(cls.model_fields)
            refuse(
                Mistake((str(key),), f"no such key{hint(key, allowed)}; allowed: {', '.join(allowed)}", values[key])
                for key in values
                if key not in allowed
            )
        return values


def _distinct(values: tuple[object, ...]) -> tuple[object, ...]:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"must not repeat {value!r}")
    return values


# Strict: YAML takes 2e-4 for text, and pydantic would take true for 1. Neither may pass for a number.
Int = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True)]
Bool = Annotated[bool, Field(strict=True)]
Positive = Annotated[Real, Field(gt=0, le=1e9)]
NonNegative = Annotated[Real, Field(ge=0, le=1e9)]
Fraction = Annotated[Real, Field(ge=0, lt=1)]
Count = Annotated[Int, Field(ge=1, le=10_000_000)]
Small = Annotated[Int, Field(ge=1, le=1_000)]  # of what a job holds in memory or a plan has one job for
Draws = Annotated[Int, Field(ge=1, le=10_000)]
Seed = Annotated[Int, Field(ge=0, le=LARGEST_SEED)]
Distinct = AfterValidator(_distinct)
Name = Annotated[str, Field(pattern=NAME)]
ExperimentName = Annotated[str, Field(pattern=EXPERIMENT_NAME)]
