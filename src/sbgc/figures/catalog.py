"""Every figure, and what it is drawn from. This module imports nothing, so that the Snakefile can read it quickly."""

# The inputs of each figure, in the order of the parameters of its `draw`. Most are tidy tables. "table1" holds the
# numbers quoted from the paper's Table 1, and "betas" what is known of IB-INNs; "train", "test", "contact_sheet",
# "attacked_images" and "samples" are splits, which hold images, and of "samples" there is one a model. A figure is
# drawn where the experiment makes all of its inputs.
FIGURES: dict[str, tuple[str, ...]] = {
    "fig1_tradeoff": ("metrics", "table1"),
    "fig2_interpolation": ("interpolation",),
    "fig3_convergence": ("convergence",),
    "fig4_corruptions": ("corruptions",),
    "samples": ("train", "samples"),
    "loss_curve": ("loss",),
    "grid": ("grid_integrand", "grid_errors"),
    "confusion_matrix": ("confusion",),
    "reliability_diagram": ("reliability",),
    "adversarial": ("adversarial",),
    "detected_attacks": ("attack_detection",),
    "trajectories": ("trajectories",),
    "transfers": ("transfers",),
    "attacked_images": ("attacked_images",),
    "contact_sheet": ("contact_sheet",),
    "lowpass": ("corruptions", "spectra"),
    "wrong_labels": ("label_histogram", "label_detection"),
    "interpolated_classes": ("interpolation", "interpolation_paths"),
    "counterexample": ("counterexample",),
    "beta_tradeoff": ("metrics", "betas"),
    "roc_curves": ("outliers", "roc"),
    "decision_space": ("decision_space",),
    "class_similarity": ("class_similarity",),
    "heatmaps": ("heatmaps", "test"),
}

# Inputs of which there is one a model. They come last.
ONE_A_MODEL: frozenset[str] = frozenset({"samples"})

# Figures of a likelihood: an experiment without a density has none of them. The others show its classifiers, too.
NEEDS_DENSITY: frozenset[str] = frozenset(
    {
        "fig2_interpolation",
        "fig3_convergence",
        "samples",
        "lowpass",
        "wrong_labels",
        "interpolated_classes",
        "roc_curves",
    }
)
