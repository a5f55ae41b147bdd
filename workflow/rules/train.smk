# From a training split to parameters: a chain of segments, or one fit.
localrules:
    model_settings,


rule model_settings:
    output:
        "results/{experiment}/{model}/spec.json",
    log:
        "results/{experiment}/logs/{model}/model_settings.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=model_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


# A segment begins where the one before it ended: a job that is killed loses one segment at most.
rule train_segment:
    input:
        spec="results/{experiment}/{model}/spec.json",
        split="results/{experiment}/splits/train.npz",
        resume=lambda w: (
            f"{RUN}/train/{int(w.segment) - 1}-of-{w.segments}.msgpack".format(**w) if int(w.segment) else []
        ),
    output:
        state="results/{experiment}/{model}/seed{seed}/train/{segment}-of-{segments}.msgpack",
        losses="results/{experiment}/{model}/seed{seed}/train/{segment}-of-{segments}.losses.parquet",
        throughput="results/{experiment}/{model}/seed{seed}/train/{segment}-of-{segments}.throughput.json",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/train/{segment}-of-{segments}.log",
    wildcard_constraints:
        model=models(*TRAINED),
    priority: 1  # most of the rest waits for it
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=240,
        peak=lambda w: str(experiment(w).execution.peak_teraflops or "none"),
    params:
        code=model_code("train_segment"),
        resume=lambda w, input: input.resume or "none",
    shell:
        # Both to the log and to the terminal, where a person watches the loss fall.
        "python -m sbgc.steps.train_segment --spec {input.spec} --split {input.split} --seed {wildcards.seed} "
        "--segment {wildcards.segment} --segments {wildcards.segments} --resume {params.resume} "
        "--out {output.state} --losses {output.losses} --throughput {output.throughput} "
        "--peak-teraflops {resources.peak} 2>&1 | tee {log}"


rule export_params:
    input:
        state=lambda w: pieces(f"{RUN}/train".format(**w), "msgpack", experiment(w).execution.segments)[-1],
    output:
        "results/{experiment}/{model}/seed{seed}/params.msgpack",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/export_params.log",
    wildcard_constraints:
        model=models(*TRAINED),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.export_params"),
    shell:
        "python -m sbgc.steps.export_params --state {input.state} --out {output} > {log} 2>&1"


rule fit_gaussian:
    input:
        spec="results/{experiment}/{model}/spec.json",
        split="results/{experiment}/splits/train.npz",
    output:
        "results/{experiment}/{model}/seed{seed}/params.msgpack",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/fit_gaussian.log",
    wildcard_constraints:
        model=models("gaussian"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.fit_gaussian"),
    shell:
        "python -m sbgc.steps.fit_gaussian --spec {input.spec} --split {input.split} --out {output} > {log} 2>&1"


rule sample:
    input:
        spec="results/{experiment}/{model}/spec.json",
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        samples="results/{experiment}/settings/samples.json",
    output:
        "results/{experiment}/{model}/seed{seed}/samples.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/sample.log",
    wildcard_constraints:
        model=models("score"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=model_code("sample"),
    shell:
        "python -m sbgc.steps.sample --spec {input.spec} --params {input.params} --samples {input.samples} "
        "--seed {wildcards.seed} --out {output} > {log} 2>&1"
