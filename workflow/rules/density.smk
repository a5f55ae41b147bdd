# Model x evaluation -> class scores [n, classes, draws]: computed in shards, then concatenated.
# A shard asks for one thread: XLA leaves a second core idle for much of a small net, and another shard fills it.


rule log_prob_shard:
    input:
        spec="results/{experiment}/{model}/spec.json",
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        split=split_of,
        evaluation="results/{experiment}/evaluations/{evaluation}.json",
        cost=estimated_cost,
    output:
        "results/{experiment}/{model}/seed{seed}/log_prob/{evaluation}/{shard}-of-{shards}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/log_prob/{evaluation}/{shard}-of-{shards}.log",
    wildcard_constraints:
        model=models(*DENSITIES),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,  # resources, since what is in `params` reruns
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=model_code("log_prob"),
    shell:
        "python -m sbgc.steps.log_prob --spec {input.spec} --params {input.params} --split {input.split} "
        "--evaluation {input.evaluation} --seed {wildcards.seed} --shard {wildcards.shard} --num-shards {wildcards.shards} "
        "--batch-size {resources.batch_size} --memory {resources.batch_mib} --out {output} > {log} 2>&1"


rule logits_shard:
    input:
        spec="results/{experiment}/{model}/spec.json",
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        split=split_of,
        evaluation="results/{experiment}/evaluations/{evaluation}.json",
    output:
        "results/{experiment}/{model}/seed{seed}/logits/{evaluation}/{shard}-of-{shards}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/logits/{evaluation}/{shard}-of-{shards}.log",
    wildcard_constraints:
        model=models("wide_resnet"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=60,
        batch_size=lambda w: experiment(w).execution.batch_size,
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=model_code("logits"),
    shell:
        "python -m sbgc.steps.logits --spec {input.spec} --params {input.params} --split {input.split} "
        "--evaluation {input.evaluation} --seed {wildcards.seed} --shard {wildcards.shard} --num-shards {wildcards.shards} "
        "--batch-size {resources.batch_size} --memory {resources.batch_mib} --out {output} > {log} 2>&1"


rule log_prob:
    input:
        shards,
    output:
        "results/{experiment}/{model}/seed{seed}/log_prob/{evaluation}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/log_prob/{evaluation}.log",
    wildcard_constraints:
        model=models(*DENSITIES),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.concatenate"),
    shell:
        "python -m sbgc.steps.concatenate --shards {input} --out {output} > {log} 2>&1"


use rule log_prob as logits with:
    output:
        "results/{experiment}/{model}/seed{seed}/logits/{evaluation}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/logits/{evaluation}.log",
    wildcard_constraints:
        model=models("wide_resnet"),


# A race draws on only where a decision is not sure yet. Its images need no one else: shards, as above.
rule race_shard:
    input:
        spec="results/{experiment}/{model}/spec.json",
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        split=split_of,
        variances=lambda w: f"{RUN}/log_prob/{experiment(w).race.variances}.npz",
        screening=lambda w: f"{RUN}/log_prob/{experiment(w).race.screening}.npz",
        evaluation="results/{experiment}/evaluations/{evaluation}.json",
        race=race_settings,
        cost=estimated_cost,
    output:
        "results/{experiment}/{model}/seed{seed}/race/{evaluation}/{shard}-of-{shards}.parquet",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/race/{evaluation}/{shard}-of-{shards}.log",
    wildcard_constraints:
        model=models(*DENSITIES),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=3000,
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,
        batch_mib=lambda w: experiment(w).execution.memory_mib,
    params:
        code=model_code("race"),
    shell:
        "python -m sbgc.steps.race --spec {input.spec} --params {input.params} --split {input.split} "
        "--evaluation {input.evaluation} --variances {input.variances} --screening {input.screening} --race {input.race} "
        "--seed {wildcards.seed} --shard {wildcards.shard} --num-shards {wildcards.shards} "
        "--batch-size {resources.batch_size} --memory {resources.batch_mib} --out {output} > {log} 2>&1"
