# What is read by the rules of outliers and of explanations.


def outlier_sets():
    """The regular expression of all sets of outliers."""
    found = [e.outliers for e in CONFIG.experiments.values() if e.outliers]
    return "|".join(sorted({name for one in found for name in (*one.sets, *one.experiments)})) or "(?!)"


def source_of_outliers(wildcards):
    """The dataset, or the test images of another experiment, that a set of outliers is of; none where it is made."""
    if wildcards.name in experiment(wildcards).outliers.experiments:
        return f"results/{wildcards.name}/splits/test.npz"
    return f"results/raw/{wildcards.name}.npz" if wildcards.name in FACTS else []


def compared(name):
    """The evaluations in which outliers are told from other images, with those of the training images first."""
    e = CONFIG.experiments[name]
    return [e.outliers.reference, "test", *["corruptions"] * bool(e.corruptions), "outliers"]


def compared_splits(wildcards):
    """How many images of each split these evaluations are of, by the split's path."""
    parts = [part for one in compared(wildcards.experiment) for part in evaluations(wildcards.experiment)[one].parts]
    return {f"results/{wildcards.experiment}/splits/{part.split}.npz": part.images for part in parts}


def compared_matrices(name):
    """The matrices of these evaluations by all densities."""
    return [path for one in compared(name) for path in density_matrices(name, one, classes=False)]


def explanations(name, models):
    """The explanations by all trainings of these models."""
    return [of_run(f"{RUN}/explanations.npz", name, *run) for run in runs(name, models)]


def own_grid(wildcards):
    """The calibrated grid, where the model's own likelihood takes one."""
    model = experiment(wildcards).models[wildcards.model]
    likelihood = getattr(model, "likelihood", None)
    calibrated = likelihood is not None and is_calibrated(likelihood.model_dump(mode="json"))
    return f"{RUN}/grid.npz".format(**wildcards) if calibrated else []
