# Attacks: each writes a split like any other, as corruptions do, and its judges' scores become tables.


rule attacked_split:
    input:
        params=params_of,
        grid=grid_of_attack,
        split="results/{experiment}/splits/test.npz",
        reference=reference_of_attack,
    output:
        "results/{experiment}/splits/attacks/{model}/seed{seed}/{attack}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/attacks/{attack}.log",
    priority: 1  # it takes long, and its images are scored only then
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + covariances_mb(w),
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,
    params:
        code=code("attack", "models"),
        spec=spec,
        attack=attacking,
        grid=given_grid,
        reference=lambda w, input: input.reference or "none",
    shell:
        "python -m sbgc.steps.attack --spec {params.spec:q} --params {input.params} --grid {params.grid} "
        "--split {input.split} --attack {params.attack:q} --reference {params.reference} --seed {wildcards.seed} "
        "--batch-size {resources.batch_size} --out {output} > {log} 2>&1"


rule adversarial_table:
    input:
        matrices=lambda w: judged(w.experiment),
        again=lambda w: judged_again(w.experiment),
    output:
        table="results/{experiment}/tables/adversarial.parquet",
        csv=report(
            "results/{experiment}/tables/attack_checks.csv", caption="../report/attack_checks.rst", category="Tables"
        ),
        md="results/{experiment}/tables/attack_checks.md",
    log:
        "results/{experiment}/logs/adversarial_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 1000 + scores_mb(w, "attacks", "transfers"),
        runtime=30,
    params:
        code=code("tabulate_attacks"),
        epsilons=lambda w: as_json(experiment(w).attacks.epsilons),
        again=lambda w, input: input.again or "none",
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_attacks --matrices {input.matrices} --again {params.again} "
        "--epsilons {params.epsilons:q} --settings {params.settings:q} --csv {output.csv} --md {output.md} --out {output.table} > {log} 2>&1"


rule detection_table:
    input:
        matrices=lambda w: matrices(w.experiment, "attacks"),
        references=lambda w: density_matrices(w.experiment, experiment(w).attacks.detection.reference),
    output:
        table="results/{experiment}/tables/attack_detection.parquet",
        csv=report(
            "results/{experiment}/tables/attack_detection.csv",
            caption="../report/attack_detection.rst",
            category="Tables",
        ),
        md="results/{experiment}/tables/attack_detection.md",
    log:
        "results/{experiment}/logs/detection_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 1000 + scores_mb(w, "train", "attacks"),
        runtime=30,
    params:
        code=code("tabulate_detection"),
        detection=lambda w: as_json(experiment(w).attacks.detection.model_dump(mode="json")),
        settings=statistics,
        quoted=quoted("detection"),
    shell:
        "python -m sbgc.steps.tabulate_detection --matrices {input.matrices} --references {input.references} "
        "--detection {params.detection:q} --settings {params.settings:q} --quoted {params.quoted:q} "
        "--csv {output.csv} --md {output.md} --out {output.table} > {log} 2>&1"


rule transfers_table:
    input:
        lambda w: judged(w.experiment),
    output:
        "results/{experiment}/tables/transfers.parquet",
    log:
        "results/{experiment}/logs/transfers_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 1000 + scores_mb(w, "attacks", "transfers"),
        runtime=30,
    params:
        code=code("tabulate_transfers"),
        methods=lambda w: list(experiment(w).attacks.transfers.methods),
        epsilons=lambda w: as_json(experiment(w).attacks.transfers.epsilons),
        settings=statistics,
    shell:
        "python -m sbgc.steps.tabulate_transfers --matrices {input} --methods {params.methods} "
        "--epsilons {params.epsilons:q} --settings {params.settings:q} --out {output} > {log} 2>&1"


rule attacked_images_split:
    input:
        splits=attacked_splits,
        matrices=first_judged,
    output:
        "results/{experiment}/splits/attacked_images.npz",
    log:
        "results/{experiment}/logs/attacked_images_split.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 2000 + 4 * split_mb(w) * len(attacked_splits(w)) + scores_mb(w, "attacks"),
        runtime=30,
    params:
        code=code("pick_attacked_images"),
        pictures=lambda w: list(experiment(w).attacks.pictures),
    shell:
        "python -m sbgc.steps.pick_attacked_images --splits {input.splits} --matrices {input.matrices} "
        "--pictures {params.pictures} --out {output} > {log} 2>&1"


rule attack_trajectory:
    input:
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        split="results/{experiment}/splits/test.npz",
    output:
        "results/{experiment}/{model}/seed{seed}/trajectory/{attack}.parquet",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/trajectory/{attack}.log",
    wildcard_constraints:
        model=models(latents=True),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 4000 + centers_mb(w),
        runtime=120,
    params:
        code=code("trace_attack", "models"),
        spec=spec,
        attack=attacking,
        images=lambda w: list(experiment(w).attacks.trajectories.images),
    shell:
        "python -m sbgc.steps.trace_attack --spec {params.spec:q} --params {input.params} --split {input.split} "
        "--attack {params.attack:q} --images {params.images} --seed {wildcards.seed} --out {output} > {log} 2>&1"


rule trajectories_table:
    input:
        lambda w: trajectories(w.experiment),
    output:
        "results/{experiment}/tables/trajectories.parquet",
    log:
        "results/{experiment}/logs/trajectories_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("concatenate_tables"),
    shell:
        "python -m sbgc.steps.concatenate_tables --tables {input} --out {output} > {log} 2>&1"
