# Lines between images: a split like any other, and what densities say along them.


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


rule interpolation_table:
    input:
        matrices=lambda w: matrices(w.experiment, "interpolation"),
        tests=lambda w: density_matrices(w.experiment, "test"),
    output:
        points="results/{experiment}/tables/interpolation.parquet",
        paths="results/{experiment}/tables/interpolation_paths.parquet",
    log:
        "results/{experiment}/logs/interpolation_table.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=lambda w: 1000 + scores_mb(w, "test", "interpolation"),
        runtime=30,
    params:
        code=code("tabulate_interpolation"),
        settings=statistics,
        accepted=lambda w: experiment(w).interpolation.accepted,
    shell:
        "python -m sbgc.steps.tabulate_interpolation --matrices {input.matrices} --tests {input.tests} "
        "--accepted {params.accepted} --settings {params.settings:q} --points {output.points} --paths {output.paths} "
        "> {log} 2>&1"
