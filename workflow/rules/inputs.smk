# Which files a rule reads, where that depends on the configuration or on what is here already.
from glob import glob
from math import ceil, prod

from sbgc.data.folders import at_hand

CHEAPER = 64  # times fewer shards of models without a trajectory to solve
SHARD_BYTES = 1e9  # of dequantized draws, which a shard holds in memory
DOWNLOADED, UNPACKED = ".cache/downloads", "results/raw/cifar10c"


def pieces(folder, suffix, number):
    """The pieces that make a result: `number` of them, or as many as it was begun in.

    Snakemake reruns a rule when its inputs are others. Were their number always the configuration's, another one would
    throw finished results away. To cut a result anew, delete its pieces.
    """
    begun = [os.path.basename(path).split(".")[0] for path in glob(f"{folder}/0-of-*.{suffix}")]
    number = min((int(name.removeprefix("0-of-")) for name in begun), default=number)
    return [f"{folder}/{piece}-of-{number}.{suffix}" for piece in range(number)]


def shards(wildcards):
    """The shards of a matrix. A smaller evaluation has proportionally fewer: each starts Python and compiles.

    What is no score model needs one evaluation where that needs a hundred.
    """
    found = evaluations(wildcards.experiment)
    work = {name: part.draws * images for name, (_, _, part, images) in found.items() if not is_race(name)}
    largest = max(of for name, of in work.items() if not name.startswith("all-"))  # of those that score models have
    share = work[wildcards.evaluation] / largest / (1 if kind(wildcards) == "score" else CHEAPER)
    number = max(
        ceil(experiment(wildcards).execution.shards * share), fewest(wildcards.experiment, wildcards.evaluation)
    )
    return pieces(f"{RUN}/{SCORES[kind(wildcards)]}/{{evaluation}}".format(**wildcards), "npz", number)


def fewest(name, evaluation):
    """The shards that an evaluation needs at least, for its draws are held in memory."""
    _, _, part, images = evaluations(name)[evaluation]
    return ceil(4 * prod(CONFIG.experiments[name].dataset.image_shape) * images * part.draws / SHARD_BYTES)


def split_of(wildcards):
    """The split that an evaluation is of."""
    return f"results/{wildcards.experiment}/splits/{evaluations(wildcards.experiment)[wildcards.evaluation][0]}.npz"


def is_race(evaluation):
    """Whether classes race on these images; they have shards of their own."""
    return evaluation == "race" or evaluation.startswith("raced-")


def races(name, *of):
    """The pieces of the races of an experiment's score models; corruptions share the shards of one race."""
    e = CONFIG.experiments[name]
    shared = ceil(e.execution.shards / len(e.corruptions.kinds))
    numbers = {one: max(e.execution.shards if one == "race" else shared, fewest(name, one)) for one in of}
    return [
        path
        for evaluation in of
        for folder in runs(f"{RUN}/race/{evaluation}", name, "score")
        for path in pieces(folder, "parquet", numbers[evaluation])
    ]


def race_settings(wildcards):
    """How an evaluation races: corrupted images have a reach of their own."""
    kind = "race-corrupted" if wildcards.evaluation.startswith("raced-") else "race"
    return f"results/{wildcards.experiment}/settings/{kind}.json"


def raced_corruptions(wildcards):
    """The races of corrupted images."""
    corruptions = CONFIG.experiments[wildcards.experiment].corruptions.kinds
    return races(wildcards.experiment, *(f"raced-{corruption}" for corruption in corruptions))


def official(name, *corruptions):
    """The files of CIFAR-10-C that an experiment reads: of these corruptions, or of all."""
    part = CONFIG.experiments[name].corruptions
    files = [f"{corruption}.npy" for corruption in part.kinds]
    folders = [*CONFIG.downloads.sources("cifar10c"), DOWNLOADED, UNPACKED]
    read = part.source == "cifar10c" or (
        part.source == "cifar10c_if_present" and at_hand(folders, "CIFAR-10-C.tar", files)
    )
    return [f"{UNPACKED}/{kind}.npy" for kind in part.kinds if read and kind in (corruptions or part.kinds)]


def corrupted_splits(wildcards):
    """The splits of all corruptions of an experiment."""
    name = wildcards.experiment
    return [f"results/{name}/splits/corrupt-{kind}.npz" for kind in CONFIG.experiments[name].corruptions.kinds]


OFFICIAL = sorted({path for name in CONFIG.experiments for path in official(name)})


def score_specs(name):
    """The specs of an experiment's score models."""
    models = CONFIG.experiments[name].models
    return [f"results/{name}/{model}/spec.json" for model in models if models[model].kind == "score"]


def estimated_cost(wildcards):
    """The estimate that stands before likelihoods and races under corruptions; a newer one reruns nothing."""
    long = wildcards.evaluation.startswith(("corrupt-", "raced-")) and kind(wildcards) == "score"
    return ancient(f"results/{wildcards.experiment}/tables/corruption_cost.json") if long else []
