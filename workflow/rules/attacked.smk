# What is read by the rules of attacks.


def judged(name):
    """The matrices of attacked images: by the models that were attacked and, where it is asked, by all others."""
    return [path for one in ("attacks", "transfers") if one in evaluations(name) for path in matrices(name, one)]


def judged_again(name):
    """The matrices of a second judge of attacked images, where there is one."""
    return matrices(name, "attacks_again") if "attacks_again" in evaluations(name) else []


def grid_of_attack(wildcards):
    """The calibrated grid, where the attacker differentiates a likelihood on one."""
    likelihood = json.loads(attacking(wildcards))["likelihood"]
    return f"{RUN}/grid.npz".format(**wildcards) if is_calibrated(likelihood) else []


def reference_of_attack(wildcards):
    """The scores of training images that a test compares with, where an attack evades one."""
    of_test = learned(lambda w: experiment(w).attacks.detection.reference)
    return of_test(wildcards) if evades(wildcards) else []


def attacked_splits(wildcards):
    """The splits of all attacks on the first training of each model, with the images before them."""
    name, one = wildcards.experiment, evaluations(wildcards.experiment)["attacks"]
    parts = [(model, part) for model in one.models for part in one.by(model).parts]
    found = [part.split.format(model=model, seed=first_seed(name)) for model, part in parts]
    return [f"results/{name}/splits/{split}.npz" for split in found]


def first_judged(wildcards):
    """The judged matrices of the attacks on the first training of each model."""
    name = wildcards.experiment
    found = matrices(name, "attacks")
    return [path for model in evaluations(name)["attacks"].models for path in of_model(found, model, first_seed(name))]


def trajectories(name):
    """The ways of the attack that is followed, by all trainings of the models with latents."""
    e = CONFIG.experiments[name]
    attack = e.attacks.trajectories.method
    followed = runs(name, explained.attackable(e))
    return [of_run(f"{RUN}/trajectory/{{attack}}.parquet", name, *run, attack=attack) for run in followed]
