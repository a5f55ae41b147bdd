"""What every part of the configuration is made of: frozen settings, and the kinds of values that they hold."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sbgc.config.mistakes import Mistake, hint, listed, refuse, shown

INFINITY = "infinity"
LARGEST_SEED = 2**31 - 1  # a JAX key holds 32 bits: a larger seed could give the same key as a smaller one
LONGEST_NAME = 40  # a command line of some hundred paths must stay below the 128 KiB of Linux
SMALLEST = 1e-12  # of positive numbers; far from where float32 ends, so that products of them are numbers
MOST_ENTRIES = 1_000  # of a list or a mapping
LONGEST_TEXT, LONGEST_PATH = 200, 1_000
NAME = f"^[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}$"
SETTING = r"^[a-z_]+(\.[a-z_]+)*$"
EXPERIMENT_NAME = f"^[a-z][a-z0-9_-]{{0,{LONGEST_NAME - 1}}}$"
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"  # a terminal or an editor obeys these in place of showing them
TEXT = f"^[^{_CONTROL}]*$"
FILE_PATH = f"^[^{{}}{_CONTROL}-][^{{}}{_CONTROL}]*$"
SHA256 = "^[0-9a-f]{64}$"
PATTERNS = {  # in words
    SHA256: "must be a SHA-256 as 64 hexadecimal digits, 0 to 9 and a to f",
    SETTING: "must be the place of a setting within the model, like optimizer.learning_rate",
    NAME: f"must be a name of at most {LONGEST_NAME} lowercase letters, digits and _, a letter first; paths contain it",
    EXPERIMENT_NAME: (
        f"must be a name of at most {LONGEST_NAME} lowercase letters, digits, _ and -, a letter first; paths contain it"
    ),
    TEXT: "must hold no line break and no other control character",
    FILE_PATH: "must be a path without braces, line breaks and other control characters, and without a hyphen in front",
}


class Settings(BaseModel):
    """Frozen settings. An unknown key is an error, and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _within_bounds(cls, values: Any) -> Any:
        """Refuse unknown keys first, for a misspelled key would be reported as a missing one as well.

        Very long lists and mappings are refused whole, since every entry of them could be a mistake.
        """
        if isinstance(values, dict):
            allowed = list(cls.model_fields)
            rule = f"; allowed: {listed(allowed)}"
            refuse(
                Mistake((key if isinstance(key, int) else str(key),), f"no such key{hint(key, allowed)}{rule}", value)
                for key, value in values.items()
                if key not in allowed
            )
            refuse(
                Mistake((key,), f"must have at most {MOST_ENTRIES} entries", value)
                for key, value in values.items()
                if isinstance(value, (list, tuple, dict)) and len(value) > MOST_ENTRIES
            )
        return values


def _distinct(values: tuple[object, ...]) -> tuple[object, ...]:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"must not repeat {shown(value)}")
    return values


def _above_rounding(value: float) -> float:
    if 0.0 < value < SMALLEST:
        raise ValueError(f"must be at least {SMALLEST}, or float32 may round it to 0")
    return value


def _number_or_infinity(value: object) -> object:
    if isinstance(value, str) and value != INFINITY:
        raise ValueError(f"must be a number, or {INFINITY}")
    return value


# Strict: YAML takes 2e-4 for text, and pydantic would take true for 1. Neither may pass for a number.
Int = Annotated[int, Field(strict=True)]
Real = Annotated[float, Field(strict=True)]
Bool = Annotated[bool, Field(strict=True)]
Positive = Annotated[Real, Field(gt=0, le=1e9), AfterValidator(_above_rounding)]
NonNegative = Annotated[Real, Field(ge=0, le=1e9)]
OrInfinity = Annotated[NonNegative | Literal["infinity"], BeforeValidator(_number_or_infinity)]
Fraction = Annotated[Real, Field(ge=0, le=0.999999)]  # nearer to 1, float32 rounds it to 1
Count = Annotated[Int, Field(ge=1, le=10_000_000)]
Small = Annotated[Int, Field(ge=1, le=1_000)]  # of what a job holds in memory or a plan has one job for
Draws = Annotated[Int, Field(ge=1, le=10_000)]
Seed = Annotated[Int, Field(ge=0, le=LARGEST_SEED)]
Distinct = AfterValidator(_distinct)
Norm = Literal["linf", "l2"]  # of perturbations
Text = Annotated[str, Field(strict=True, pattern=TEXT, max_length=LONGEST_TEXT)]
Written = Annotated[Text, Field(min_length=1)]
# Snakemake reads braces in a path as wildcards, and a command takes what begins with a hyphen for an option.
FilePath = Annotated[str, Field(strict=True, pattern=FILE_PATH, max_length=LONGEST_PATH)]
Hash = Annotated[str, Field(strict=True, pattern=SHA256)]
SettingPlace = Annotated[str, Field(strict=True, pattern=SETTING, max_length=LONGEST_TEXT)]
Name = Annotated[str, Field(strict=True, pattern=NAME)]
ExperimentName = Annotated[str, Field(strict=True, pattern=EXPERIMENT_NAME)]
