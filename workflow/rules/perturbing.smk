# Lines between images, and attacks: each writes a split like any other, as corruptions do.


rule interpolated_split:
    input:
        "results/{experiment}/splits/test.npz",
    output:
        "results/{experiment}/splits/interpolation.npz",
    log:
        "results/{experiment}/logs/interpolated_split.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("interpolate"),
        pairs=lambda w: experiment(w).interpolation.pairs,
        points=lambda w: experiment(w).interpolation.points,
        seed=lambda w: experiment(w).dataset.seed,
    shell:
        "python -m sbgc.steps.interpolate --split {input} --pairs {params.pairs} --points {params.points} "
        "--seed {params.seed} --out {output} > {log} 2>&1"


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
