# Model x evaluation -> class scores [n, classes, draws], in shards; or races.
# A shard asks for one thread: XLA leaves a second core idle for much of a small net, and another shard fills it.


rule matrix_shard:
    input:
        params=params_of,
        grid=grid_of,
        splits=splits_of,
        cost=estimated_cost,
    output:
        "results/{experiment}/{model}/seed{seed}/scores/{evaluation}/{bundle}/{shard}-of-{shards}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/scores/{evaluation}/{bundle}/{shard}-of-{shards}.log",
    priority: longest_first
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 3000 + covariances_mb(w) + 2 * split_mb(w),
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,  # resources, since what is in `params` reruns
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=code("score", "models"),
        spec=spec,
        scoring=scoring,
        rows=ranges,
        grid=given_grid,
    shell:
        "python -m sbgc.steps.score --spec {params.spec:q} --params {input.params} --grid {params.grid} "
        "--splits {input.splits} --rows {params.rows} --scoring {params.scoring:q} --seed {wildcards.seed} "
        "--shard {wildcards.shard} --num-shards {wildcards.shards} --batch-size {resources.batch_size} "
        "--memory {resources.batch_mib} --out {output} > {log} 2>&1"


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
        mem_mb=lambda w: 1000 + scores_mb(w, w.evaluation, together=False),
        runtime=30,
    params:
        code=code("concatenate_shards"),
    shell:
        "python -m sbgc.steps.concatenate_shards --shards {input} --out {output} > {log} 2>&1"


# A race draws on only where a decision is not sure yet. Its images need no one else: shards, as above.
rule raced_shard:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        grid=grid_of,
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
        grid=given_grid,
    shell:
        "python -m sbgc.steps.race --spec {params.spec:q} --params {input.params} --grid {params.grid} "
        "--splits {input.splits} --rows {params.rows} --scoring {params.scoring:q} --race {params.race:q} "
        "--variances {input.variances} --screening {input.screening} --seed {wildcards.seed} "
        "--batch-size {resources.batch_size} --memory {resources.batch_mib} --out {output} > {log} 2>&1"
