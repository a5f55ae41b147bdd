# Lines between images, and attacks: each writes a split like any other, as corruptions do.


rule interpolate:
    input:
        split="results/{experiment}/splits/test.npz",
        spec="results/{experiment}/settings/interpolation.json",
    output:
        "results/{experiment}/splits/interpolation.npz",
    log:
        "results/{experiment}/logs/interpolate.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.interpolate"),
    shell:
        "python -m sbgc.steps.interpolate --split {input.split} --spec {input.spec} --out {output} > {log} 2>&1"


rule attack:
    input:
        spec="results/{experiment}/{model}/spec.json",
        params="results/{experiment}/{model}/seed{seed}/params.msgpack",
        split="results/{experiment}/splits/test.npz",
        attack="results/{experiment}/settings/attack-{norm}.json",
    output:
        "results/{experiment}/splits/pgd-{norm}@{model}-seed{seed}.npz",
    log:
        "results/{experiment}/logs/{model}/seed{seed}/attack/{norm}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        batch_size=lambda w: experiment(w).execution.batch_size,
    params:
        code=model_code("attack"),
    shell:
        "python -m sbgc.steps.attack --spec {input.spec} --params {input.params} --split {input.split} "
        "--attack {input.attack} --seed {wildcards.seed} --batch-size {resources.batch_size} --out {output} > {log} 2>&1"
