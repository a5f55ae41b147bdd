# From a training split to parameters: a chain of segments, or one fit. And samples of what has been fitted.


# A segment begins where the one before it ended: a job that is killed loses one segment at most.
rule train_state:
    input:
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
        model=models(fitted="descent"),
    priority: 2  # most of the rest waits for it
    conda:
        "../../envs/cpu.yaml"
    threads: 1  # XLA takes more, but leaves them idle for much of a small net's step: other jobs fill them
    resources:
        mem_mb=lambda w: 4000 + read_ahead_mb(w),
        runtime=240,
        peak=lambda w: str(experiment(w).execution.peak_teraflops or "none"),
    params:
        code=code("train", "fitting"),
        spec=spec,
        resume=lambda w, input: input.resume or "none",
    shell:
        # Both to the log and to the terminal, where a person watches the loss fall.
        f"{runtime.THREADS}={runtime.TRAINING_THREADS} "
        "python -m sbgc.steps.train --spec {params.spec:q} --split {input.split} --seed {wildcards.seed} "
        "--segment {wildcards.segment} --segments {wildcards.segments} --resume {params.resume} "
        "--out {output.state} --losses {output.losses} --throughput {output.throughput} "
        "--seconds none --peak-teraflops {resources.peak} 2>&1 | tee {log}"


# Weights from a file, in the place of a training. The file is a parameter, by its content.
rule given_weights:
    output:
        "results/{experiment}/{model}/seed{seed}/given.msgpack",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/given_weights.log",
    wildcard_constraints:
        model=models(fitted="descent"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
        file=lambda w: weights(w)["file"],
    params:
        code=code("import_weights", "models"),
        spec=spec,
        sha256=lambda w: weights(w)["sha256"],
    shell:
        "python -m sbgc.steps.import_weights --spec {params.spec:q} --weights {resources.file:q} "
        "--sha256 {params.sha256} --out {output} 2>&1 | tee {log}"


rule trained_params:
    input:
        state_of,
    output:
        "results/{experiment}/{model}/seed{seed}/params.msgpack",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/trained_params.log",
    wildcard_constraints:
        model=models(fitted="descent"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("export_params"),
    shell:
        "python -m sbgc.steps.export_params --state {input} --out {output} > {log} 2>&1"


# `snakemake export_weights` makes one for each training of the experiment.
rule weights:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        throughput=lambda w: begun(f"{RUN}/train".format(**w), "throughput.json", experiment(w).execution.segments),
        metrics="results/{experiment}/tables/metrics.parquet",
    output:
        weights="results/{experiment}/{model}/seed{seed}/weights.npz",
        card="results/{experiment}/{model}/seed{seed}/weights.md",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/weights.log",
    wildcard_constraints:
        model=models(fitted="descent"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("export_weights"),
        spec=spec,
    shell:
        "python -m sbgc.steps.export_weights --spec {params.spec:q} --params {input.params} --seed {wildcards.seed} "
        "--throughput {input.throughput} --metrics {input.metrics} --out {output.weights} --card {output.card} "
        "> {log} 2>&1"


rule export_weights:
    input:
        [
            of_run(f"{RUN}/weights.{suffix}", CONFIG.experiment, *run)
            for name, model in CHOSEN.models.items()
            if is_trained(model)
            for run in runs(CONFIG.experiment, [name])
            for suffix in ("npz", "md")
        ],


rule fitted_params:
    input:
        "results/{experiment}/splits/train.npz",
    output:
        "results/{experiment}/{model}/seed{seed}/params.msgpack",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/fitted_params.log",
    wildcard_constraints:
        model=models(fitted="at_once"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + covariances_mb(w),
        runtime=30,
    params:
        code=code("fit", "fitting"),
        spec=spec,
    shell:
        "python -m sbgc.steps.fit --spec {params.spec:q} --split {input} --out {output} > {log} 2>&1"


# The grid that log p is estimated on: where its nodes lie, in which coordinates, and what error is left.
rule calibrated_grid:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        train="results/{experiment}/splits/train.npz",
        validation="results/{experiment}/splits/validation.npz",
    output:
        "results/{experiment}/{model}/seed{seed}/grid.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/calibrated_grid.log",
    wildcard_constraints:
        model=models(exact=False),
    priority: 2  # every likelihood waits for it
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,
    params:
        code=code("calibrate", "models"),
        spec=spec,
        calibration=calibrating,
    shell:
        "python -m sbgc.steps.calibrate --spec {params.spec:q} --params {input.params} --train {input.train} "
        "--validation {input.validation} --calibration {params.calibration:q} --seed {wildcards.seed} "
        "--batch-size {resources.batch_size} --out {output} > {log} 2>&1"


rule drawn_samples:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        grid=lambda w: [] if kind(w).exact else f"{RUN}/grid.npz".format(**w),
    output:
        "results/{experiment}/{model}/seed{seed}/samples.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/drawn_samples.log",
    wildcard_constraints:
        model=models(samples=True),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code("sample", "models"),
        spec=spec,
        per_class=lambda w: experiment(w).samples.per_class,
        steps=lambda w: experiment(w).samples.steps,
        grid=given_grid,
    shell:
        "python -m sbgc.steps.sample --spec {params.spec:q} --params {input.params} --grid {params.grid} "
        "--per-class {params.per_class} --steps {params.steps} --seed {wildcards.seed} --out {output} > {log} 2>&1"
