"""What readers are told below the paper's tables."""

import pandas as pd

from sbgc.kinds import KINDS
from sbgc.procedures.paper.layout import interval_note
from sbgc.procedures.paper.table_writer import listed

BOOTSTRAP = "a percentile bootstrap over images, which is a single point where all images agree"
WILSON = "Wilson's interval over images"
BOTH = (
    f"{WILSON} for clean accuracies, and for means a percentile bootstrap in which an image is drawn together with all "
    "its corruptions"
)
PRIOR = "p(x) is the mean of p(x|y) over the classes, so that all classes have the same prior probability."
GRID = (
    "The error of the grid is that of the fixed grid on which `fast` solves the probability flow: bits/dim on it minus "
    "those on a fine grid, measured with fixed probes on validation images that took no part in placing its nodes, "
    "under their own class and the strongest other one."
)
DISCRETE = (
    "give the probabilities of whole grey levels, without noise of dequantization: their bits/dim are exact, where "
    "those of densities are a bound, and all their draws are the same."
)
ATTACKS = (
    "Under attacks an image counts as right where no attack has found a perturbation of that size that misleads the "
    "judge; another attack can only lower these numbers. The judge adds noise to an image of grey levels, and an "
    "attack that knows this noise can fit it."
)
RADII = (
    "The sizes of attacks are in grey levels scaled to 0..1. The same l_2 radius is another attack on images of "
    "another size, so these columns cannot be compared between datasets."
)
MAIN = (
    "The main corruptions are all but speckle noise, Gaussian blur, spatter and saturate, which are the extra ones of "
    "CIFAR-10-C. The means that leaderboards print are over the main corruptions."
)
ENTROPY = (
    "The increase of predictive entropy is measured from the clean images, and averaged over the main corruptions."
)
NO_RATIO = "There is no mCE: no model is its baseline, or the baseline makes no errors on the main corruptions."


def of_likelihoods(metrics: pd.DataFrame) -> list[str]:
    """The notes below table 1 on models with a likelihood, by what they are."""
    densities = metrics[metrics["metric"] == "bits_per_dim_marginal"]
    found = [PRIOR] if len(densities) else []
    if densities["grid_rms_bits_per_dim"].notna().any():
        found.append(GRID)
    return found + of_discrete(densities)


def of_discrete(densities: pd.DataFrame) -> list[str]:
    """The note on models of whole grey levels, if there are any among the rows of the metrics table."""
    kinds = densities.drop_duplicates("model").set_index("model")["kind"]
    discrete = [model for model, kind in kinds.items() if kind in KINDS and KINDS[kind].discrete]
    return [f"{', '.join(discrete)} {DISCRETE}"] if discrete else []


def of_corruptions(means: pd.DataFrame, raced: pd.DataFrame | None) -> list[str]:
    """The notes below table 2, from the table of means and, where there were races, from the means by racing."""
    over = " / ".join(means.loc[means["average"] == "all", "corruptions"].unique())
    together = means if raced is None else pd.concat([means, raced], ignore_index=True)
    races = [] if raced is None else [_racing_note(raced)]
    return races + [
        interval_note(means, BOTH),
        f"Means give equal weight to every severity of these corruptions: {over}.",
        MAIN,
        _ratio_note(together[together["average"] == "main"]),
        ENTROPY,
    ]


def _ratio_note(main: pd.DataFrame) -> str:
    compared = main[main["mce_corruptions"] > 0]
    if compared.empty:
        return NO_RATIO
    errs, worse = (compared[f"{name}_corruptions"].astype(int) for name in ("mce", "relative_mce"))
    return (
        "mCE is the ratio of a model's errors to those of the baseline, averaged over the main corruptions at which "
        f"the baseline errs ({listed(errs)} of them). The relative mCE first subtracts the errors on clean images, and "
        f"is averaged over the main corruptions under which the baseline gets worse ({listed(worse)} of them)."
    )


def _racing_note(raced: pd.DataFrame) -> str:
    nfe, flips = raced["nfe_per_image"].mean(), raced["expected_flips_percent"].mean()
    note = (
        "Rows marked 'raced' were decided by racing, and their draws are the most that an image took. A race took "
        f"{nfe:.0f} network evaluations per image, and more draws are expected to change {flips:.2g} % of its "
        "decisions, judged by variances learned on clean images. The clean accuracy of these rows is by likelihoods."
    )
    scored = " Rows marked 'raced images' are of models that do not race, scored on the same images."
    return note + scored if raced["nfe_per_image"].isna().any() else note
