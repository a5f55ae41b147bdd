# Model x evaluation -> class scores [n, classes, draws], in shards; or races.
# A shard asks for one thread: XLA leaves a second core idle for much of a small net, and another shard fills it.
ALL = "all"  # the bundle of all parts of an evaluation


@cache
def pieces(name, model):
    """In how many shards each evaluation of a model is made."""
    return evaluated.pieces(CONFIG.experiments[name], model)


def bundles(name, model, seed, evaluation):
    """The bundles of parts that an evaluation is made in, and the paths of each one's shards.

    All parts together; or each by itself, where there are shards enough: a corruption more then leaves the others alone.
    What was begun goes on as it was begun.
    """
    one = evaluations(name)[evaluation]
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


def of_model(paths, model, seed):
    return [path for path in paths if f"/{model}/seed{seed}/" in path]


def races(name, evaluation):
    """The tables of all races of an evaluation."""
    found = runs(name, evaluations(name)[evaluation].models) if evaluation in evaluations(name) else []
    return [path for run in found for shards in bundles(name, *run, evaluation).values() for path in shards]


def rows(wildcards):
    """The rows of splits that a shard is of: (split, first row, the one after the last)."""
    one = evaluations(wildcards.experiment)[wildcards.evaluation]
    one = one if wildcards.bundle == ALL else one.of_part(wildcards.bundle)
    return one.rows(int(wildcards.shard), int(wildcards.shards))


def splits_of(wildcards):
    found = [split.format(model=wildcards.model, seed=wildcards.seed) for split, *_ in rows(wildcards)]
    return [f"results/{wildcards.experiment}/splits/{split}.npz" for split in found]


def ranges(wildcards):
    return [f"{start}:{stop}" for _, start, stop in rows(wildcards)]


def estimated_cost(wildcards):
    """The estimate that stands before likelihoods and races under corruptions; a newer one reruns nothing."""
    long = wildcards.evaluation in ("corruptions", "raced_corruptions") and not kind(wildcards).exact
    return ancient(f"results/{wildcards.experiment}/tables/corruption_cost.json") if long else []


rule matrix_shard:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        splits=splits_of,
        cost=estimated_cost,
    output:
        "results/{experiment}/{model}/seed{seed}/scores/{evaluation}/{bundle}/{shard}-of-{shards}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/scores/{evaluation}/{bundle}/{shard}-of-{shards}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 3000 + covariances_mb(w),
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,  # resources, since what is in `params` reruns
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=code("score", "models"),
        spec=spec,
        scoring=scoring,
        rows=ranges,
    shell:
        "python -m sbgc.steps.score --spec {params.spec:q} --params {input.params} --splits {input.splits} "
        "--rows {params.rows} --scoring {params.scoring:q} --seed {wildcards.seed} --shard {wildcards.shard} "
        "--num-shards {wildcards.shards} --batch-size {resources.batch_size} --memory {resources.batch_mib} "
        "--out {output} > {log} 2>&1"


rule matrix:
    input:
        lambda w: bundles(w.experiment, w.model, w.seed, w.evaluation)[w.bundle],
    output:
        "results/{experiment}/{model}/seed{seed}/scores/{evaluation}/{bundle}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/scores/{evaluation}/{bundle}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("concatenate_shards"),
    shell:
        "python -m sbgc.steps.concatenate_shards --shards {input} --out {output} > {log} 2>&1"


def learned(evaluation):
    """The one matrix of other images that a race of this training learns from."""
    return lambda w: of_model(matrices(w.experiment, evaluation(w)), w.model, w.seed)[0]


# A race draws on only where a decision is not sure yet. Its images need no one else: shards, as above.
rule raced_shard:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        splits=splits_of,
        variances=learned(lambda w: experiment(w).race.variances),
        screening=learned(lambda w: "screening"),
        cost=estimated_cost,
    output:
        "results/{experiment}/{model}/seed{seed}/race/{evaluation}/{bundle}/{shard}-of-{shards}.parquet",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/race/{evaluation}/{bundle}/{shard}-of-{shards}.log",
    wildcard_constraints:
        model=models(exact=False),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=code("race", "models"),
        spec=spec,
        scoring=scoring,
        race=racing,
        rows=ranges,
    shell:
        "python -m sbgc.steps.race --spec {params.spec:q} --params {input.params} --splits {input.splits} "
        "--rows {params.rows} --scoring {params.scoring:q} --race {params.race:q} --variances {input.variances} "
        "--screening {input.screening} --seed {wildcards.seed} --batch-size {resources.batch_size} "
        "--memory {resources.batch_mib} --out {output} > {log} 2>&1"
