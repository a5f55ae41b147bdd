# Images: fetched or imported, and cut into splits.


localrules:
    dataset,


# On the machine that runs Snakemake, since a cluster's nodes often reach no network. Where files are looked for is a
# resource: another mirror gives the same bytes, and what is in `params` reruns.
rule dataset:
    output:
        "results/raw/{dataset}.npz",
    log:
        "results/raw/logs/{dataset}.log",
    wildcard_constraints:
        dataset="|".join(FACTS),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
        sources=lambda w: as_json(CONFIG.downloads.sources(w.dataset)),
    params:
        code=code("fetch_dataset"),
        cache=DOWNLOADED,
    shell:
        "python -m sbgc.steps.fetch_dataset --dataset {wildcards.dataset} --sources {resources.sources:q} "
        "--cache {params.cache} --out {output} 2>&1 | tee {log}"


# The folder or file is a parameter, by its content: a folder's date knows nothing of the files in it, and what is touched
# has not changed.
rule own_dataset:
    output:
        "results/{experiment}/raw.npz",
    log:
        "results/{experiment}/logs/own_dataset.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code("import_dataset"),
        path=lambda w: experiment(w).dataset.path,
        content=lambda w: checked_content(experiment(w).dataset.path),
        dataset=lambda w: as_json(images_of(experiment(w))),
    shell:
        "python -m sbgc.steps.import_dataset --path {params.path:q} --dataset {params.dataset:q} --out {output} "
        "2>&1 | tee {log}"


rule composed_dataset:
    input:
        digits=lambda w: f"results/raw/{experiment(w).dataset.composed.digits}.npz",
        grounds=grounds,
    output:
        "results/{experiment}/composed.npz",
    log:
        "results/{experiment}/logs/composed_dataset.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("compose_dataset"),
        dataset=dataset_settings,
        grounds=lambda w, input: input.grounds or "none",
    shell:
        "python -m sbgc.steps.compose_dataset --dataset {params.dataset:q} --digits {input.digits} "
        "--grounds {params.grounds} --out {output} > {log} 2>&1"


# ImageNet's pictures: listed, cut into splits by their labels alone, and read into files. Where they are is a resource,
# as for downloads: the same pictures elsewhere give the same bytes. Their folder is looked into when they are listed, not
# before every run, for it holds a million of them.
rule listed_pictures:
    output:
        train="results/{experiment}/pictures/train.npz",
        validation="results/{experiment}/pictures/validation.npz",
        test="results/{experiment}/pictures/test.npz",
    log:
        "results/{experiment}/logs/listed_pictures.log",
    wildcard_constraints:
        experiment=experiments(in_files=True),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
        folder=CONFIG.downloads.ilsvrc or "none",
    params:
        code=code("list_pictures"),
        dataset=dataset_settings,
    shell:
        "python -m sbgc.steps.list_pictures --folder {resources.folder:q} --dataset {params.dataset:q} "
        "--train {output.train} --validation {output.validation} --test {output.test} 2>&1 | tee {log}"


rule stored_pictures:
    input:
        "results/{experiment}/pictures/{split}.npz",
    output:
        "results/{experiment}/splits/{split}/{file}-of-{files}.npy",
    log:
        "results/{experiment}/logs/stored_pictures/{split}/{file}-of-{files}.log",
    wildcard_constraints:
        experiment=experiments(in_files=True),
        split="train|validation|test",
        file=r"\d+",
        files=r"\d+",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
        folder=CONFIG.downloads.ilsvrc or "none",
    params:
        code=code("store_pictures"),
        size=lambda w: experiment(w).dataset.image_shape[:2],
        margin=lambda w: experiment(w).dataset.ilsvrc.margin,
    shell:
        "python -m sbgc.steps.store_pictures --folder {resources.folder:q} --listing {input} "
        "--height {params.size[0]} --width {params.size[1]} --margin {params.margin} "
        "--file {wildcards.file} --files {wildcards.files} --out {output} > {log} 2>&1"


rule stored_split:
    input:
        listing="results/{experiment}/pictures/{split}.npz",
        files=files_of_images,
    output:
        "results/{experiment}/splits/{split}.npz",
    log:
        "results/{experiment}/logs/stored_split/{split}.log",
    wildcard_constraints:
        experiment=experiments(in_files=True),
        split="train|validation|test",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("join_pictures"),
        margin=lambda w: experiment(w).dataset.ilsvrc.margin,
    shell:
        "python -m sbgc.steps.join_pictures --listing {input.listing} --files {input.files} --margin {params.margin} "
        "--out {output} > {log} 2>&1"


rule splits:
    input:
        whole_dataset,
    output:
        train="results/{experiment}/splits/train.npz",
        validation="results/{experiment}/splits/validation.npz",
        test="results/{experiment}/splits/test.npz",
    log:
        "results/{experiment}/logs/splits.log",
    wildcard_constraints:
        experiment=experiments(in_files=False),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("split_dataset"),
        dataset=dataset_settings,
    shell:
        "python -m sbgc.steps.split_dataset --images {input} --dataset {params.dataset:q} --train {output.train} "
        "--validation {output.validation} --test {output.test} > {log} 2>&1"
