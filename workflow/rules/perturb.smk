# Corruptions, lines between images and attacks: each writes a split like any other.


if OFFICIAL:

    rule fetch_cifar10c:
        output:
            OFFICIAL,
        log:
            "results/raw/logs/cifar10c.log",
        localrule: True
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=2000,
            runtime=600,
            sources=as_json(CONFIG.downloads.sources("cifar10c")),
        params:
            code=code_digest("sbgc.steps.fetch_cifar10c"),
            corruptions=[os.path.basename(path).removesuffix(".npy") for path in OFFICIAL],
        shell:
            "python -m sbgc.steps.fetch_cifar10c --corruptions {params.corruptions} --sources {resources.sources:q} "
            "--cache .cache/downloads --folder results/raw/cifar10c 2>&1 | tee {log}"


rule corrupt:
    input:
        split="results/{experiment}/splits/test.npz",
        spec="results/{experiment}/settings/{damaged}.json",
        official=lambda w: official(w.experiment, w.corruption),
    output:
        "results/{experiment}/splits/{damaged}-{corruption}.npz",
    log:
        "results/{experiment}/logs/{damaged}/{corruption}.log",
    wildcard_constraints:
        damaged="corrupt|raced",  # for likelihoods, or for races of more images
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_digest("sbgc.steps.corrupt"),
        official=lambda w, input: input.official or "none",
    shell:
        "python -m sbgc.steps.corrupt --split {input.split} --spec {input.spec} --corruption {wildcards.corruption} "
        "--official {params.official} --out {output} > {log} 2>&1"


rule contact_sheet_images:
    input:
        clean="results/{experiment}/splits/test.npz",
        corrupted=corrupted_splits,
    output:
        "results/{experiment}/splits/contact_sheet.npz",
    log:
        "results/{experiment}/logs/contact_sheet_images.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.contact_sheet"),
    shell:
        "python -m sbgc.steps.contact_sheet --clean {input.clean} --corrupted {input.corrupted} --out {output} > {log} 2>&1"


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
