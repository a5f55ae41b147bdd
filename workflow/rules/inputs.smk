# What rules read, where that depends on the configuration or on what is here already.
from sbgc.data.content import content_digest
from sbgc.data.folders import at_hand
from sbgc.figures.catalog import FIGURES

TABLE = f"{RESULTS}/tables"
DOWNLOADED = ".cache/downloads"
UNPACKED = "results/raw/cifar10c"
BYTES_OF_FILE = 1e9  # of images, where these lie in files
ALL = "all"  # the bundle of all parts of an evaluation


def checked_content(path):
    """A digest of what an import reads; or one line, before any job, that tells why it cannot be read."""
    try:
        return content_digest(Path(path), Path(".cache/content"))
    except (OSError, ValueError) as error:
        sys.exit(f"dataset.path: {error}")


def weights(wildcards):
    """The file of given weights, and its hash; or one line, before any job, that tells that it is not there."""
    given = experiment(wildcards).models[wildcards.model].weights
    file = Path(workflow.basedir) / given.file
    if not file.exists():
        sys.exit(f"experiments.{wildcards.experiment}.models.{wildcards.model}.weights.file: {file}: no such file")
    return {"file": str(file), "sha256": given.sha256}


def whole_dataset(wildcards):
    """All images of a dataset: imported, composed, or as published."""
    dataset = experiment(wildcards).dataset
    if dataset.path:
        return "results/{experiment}/raw.npz"
    return "results/{experiment}/composed.npz" if dataset.composed else f"results/raw/{dataset.name}.npz"


def grounds(wildcards):
    """The dataset whose images digits are laid on; none where these come with scikit-learn."""
    found = experiment(wildcards).dataset.composed.grounds
    return f"results/raw/{found}.npz" if found in FACTS else []


def bytes_of_image(dataset):
    """The bytes that an image takes in a file, with the margin around it."""
    height, width, channels = dataset.image_shape
    border = 2 * dataset.ilsvrc.margin
    return (height + border) * (width + border) * channels


def files_of_images(wildcards):
    """The files that the images of a split lie in: of the training split as many as it is set, else of a gigabyte."""
    e = experiment(wildcards)
    images = {"train": None, "validation": e.dataset.validation, "test": e.dataset.test}[wildcards.split]
    files = images and ceil(images * bytes_of_image(e.dataset) / BYTES_OF_FILE)
    number = files or e.execution.image_files
    return begun(f"results/{wildcards.experiment}/splits/{wildcards.split}", "npy", number)


def state_of(wildcards):
    """What the parameters of a training are taken from: its last state, or given weights."""
    if not is_trained(experiment(wildcards).models[wildcards.model]):
        return f"{RUN}/given.msgpack".format(**wildcards)
    return begun(f"{RUN}/train".format(**wildcards), "msgpack", experiment(wildcards).execution.segments)[-1]


def params_of(wildcards):
    """The parameters of a model, or of the one that it defends."""
    return f"results/{wildcards.experiment}/{fitted_model(wildcards)}/seed{wildcards.seed}/params.msgpack"


@cache
def pieces(name, model):
    """In how many shards each evaluation of a model is made."""
    return sharding.pieces(CONFIG.experiments[name], model)


def bundles(name, model, seed, evaluation):
    """The bundles of parts that an evaluation is made in, and the paths of each one's shards.

    All parts together; or each by itself, where there are shards enough: a corruption more then leaves the others alone.
    What was begun goes on as it was begun.
    """
    one = evaluations(name)[evaluation].by(model)
    folder = of_run(f"{RUN}/{'race' if one.races else 'scores'}/{evaluation}", name, model, seed)
    suffix, number = "parquet" if one.races else "npz", pieces(name, model)[evaluation]
    parts = [part.name for part in one.parts]
    together = os.path.isdir(f"{folder}/{ALL}") or not any(os.path.isdir(f"{folder}/{part}") for part in parts)
    if len(parts) == 1 or (together and (number < len(parts) or os.path.isdir(f"{folder}/{ALL}"))):
        return {ALL: begun(f"{folder}/{ALL}", suffix, number)}
    return {part: begun(f"{folder}/{part}", suffix, ceil(number / len(parts))) for part in parts}


def matrices(name, evaluation):
    """The matrices of all trainings that have an evaluation: a bundle's one shard, or its shards put together."""
    one = evaluations(name)[evaluation]
    return [
        shards[0] if len(shards) == 1 else of_run(f"{RUN}/scores/{evaluation}/{bundle}.npz", name, model, seed)
        for model, seed in runs(name, one.models)
        for bundle, shards in bundles(name, model, seed, evaluation).items()
    ]


def measured(name):
    """The evaluations that the metrics table is of."""
    crops = ["ten_crops"] if CONFIG.experiments[name].ten_crops else []
    return [*CONFIG.experiments[name].evaluations, *crops]


def of_model(paths, model, seed):
    return [path for path in paths if f"/{model}/seed{seed}/" in path]


def races(name, evaluation):
    """The tables of all races of an evaluation."""
    found = runs(name, evaluations(name)[evaluation].models) if evaluation in evaluations(name) else []
    return [path for run in found for shards in bundles(name, *run, evaluation).values() for path in shards]


def rows(wildcards):
    """The rows of splits that a shard is of: (split, first row, the one after the last)."""
    one = evaluations(wildcards.experiment)[wildcards.evaluation].by(wildcards.model)
    one = one if wildcards.bundle == ALL else one.of_part(wildcards.bundle)
    return one.rows(int(wildcards.shard), int(wildcards.shards))


def splits_of(wildcards):
    found = [split.format(model=wildcards.model, seed=wildcards.seed) for split, *_ in rows(wildcards)]
    return [f"results/{wildcards.experiment}/splits/{split}.npz" for split in found]


def ranges(wildcards):
    return [f"{start}:{stop}" for _, start, stop in rows(wildcards)]


def longest_first(wildcards):
    """A shard's priority: the share of its images, draws and crops in those of the model's largest evaluation.

    What begins last should be short, for other cores wait for its end.
    """
    every = evaluations(wildcards.experiment).items()
    mine = {name: one.by(wildcards.model) for name, one in every if wildcards.model in one.models}
    one, images = mine[wildcards.evaluation], sum(b - a for _, a, b in rows(wildcards))
    return images / one.images * one.work / max(other.work for other in mine.values())


def estimated_cost(wildcards):
    """The estimate that stands before likelihoods and races under corruptions; a newer one reruns nothing."""
    long = wildcards.evaluation in ("corruptions", "raced_corruptions") and not kind(wildcards).exact
    return ancient(f"results/{wildcards.experiment}/tables/corruption_cost.json") if long else []


def learned(evaluation):
    """The one matrix of other images that a race of this training learns from."""
    return lambda w: of_model(matrices(w.experiment, evaluation(w)), w.model, w.seed)[0]


def density_matrices(name, evaluation, classes=True):
    """Those of the models that have a density and, unless asked for all, learn classes."""
    found = matrices(name, evaluation)
    densities = runs(name, members.of_kinds(CONFIG.experiments[name], gives="log_prob", classes=classes))
    return [path for run in densities for path in of_model(found, *run)]


@cache
def official(name):
    """The files of CIFAR-10-C that an experiment reads, by corruption."""
    part = CONFIG.experiments[name].corruptions
    if part is None or part.source == "generated":
        return {}
    files = {kind: f"{UNPACKED}/{kind}.npy" for kind in part.kinds}
    folders = [*CONFIG.downloads.sources("cifar10c"), DOWNLOADED, UNPACKED]
    here = part.source == "cifar10c" or at_hand(folders, "CIFAR-10-C.tar", [f"{kind}.npy" for kind in part.kinds])
    return files if here else {}


OFFICIAL = {kind: path for name in CONFIG.experiments for kind, path in official(name).items()}


def grid_of(wildcards):
    """The calibrated grid, where an evaluation or a race takes one."""
    name, model = wildcards.experiment, wildcards.model
    one = evaluations(name)[wildcards.evaluation]
    used = [likelihood_of(name, model, one)]
    if one.races:
        used.append(experiment(wildcards).race.screen.model_dump(mode="json"))
    return f"{RUN}/grid.npz".format(**wildcards) if any(map(is_calibrated, used)) else []


def given_grid(wildcards, input):
    """What a step is told of its grid."""
    return input.grid or "none"


def is_calibrated(likelihood):
    """Whether a likelihood takes something from the calibration: a grid, or noise levels."""
    return likelihood is not None and (likelihood["procedure"] == "fast" or likelihood.get("levels") == "gaps")


def corrupted_splits(wildcards):
    """The splits of all corruptions of an experiment."""
    parts = evaluations(wildcards.experiment)["corruptions"].parts
    return [f"results/{wildcards.experiment}/splits/{part.split}.npz" for part in parts]


def cost(wildcards):
    """The estimate, where there is a model whose likelihood costs."""
    costly = members.of_kinds(experiment(wildcards), exact=False)
    return "results/{experiment}/tables/corruption_cost.json" if costly else []


def drawn_from(needs):
    """What a figure is drawn from: files, and as JSON what is known of models or was printed by a paper."""
    special = {
        "train": [f"{RESULTS}/splits/train.npz"],
        "test": [f"{RESULTS}/splits/test.npz"],
        "contact_sheet": [f"{RESULTS}/splits/contact_sheet.npz"],
        "attacked_images": [f"{RESULTS}/splits/attacked_images.npz"],
        "samples": samples_of_models(),
        "table1": [quoted("table1")],
        "betas": [bottleneck_facts()],
    }
    return [given for one in needs for given in special.get(one, [f"{TABLE}/{one}.parquet"])]


def samples_of_models():
    """The samples of each model that can be sampled from, of its first seed."""
    name, seed = CONFIG.experiment, first_seed(CONFIG.experiment)
    sampled = [model for model, settings in CHOSEN.models.items() if KINDS[settings.kind].samples]
    return [of_run(f"{RUN}/samples.npz", name, model, seed) for model in sampled]
