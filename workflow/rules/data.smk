# Settings as JSON, splits, dequantized draws.
localrules:
    dataset_settings,
    evaluation_settings,
    step_settings,


rule dataset_settings:
    output:
        "results/{experiment}/dataset.json",
    log:
        "results/{experiment}/logs/dataset_settings.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=dataset_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


rule evaluation_settings:
    output:
        "results/{experiment}/evaluations/{evaluation}.json",
    log:
        "results/{experiment}/logs/evaluation_settings/{evaluation}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=evaluation_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


rule step_settings:
    output:
        "results/{experiment}/settings/{settings}.json",
    log:
        "results/{experiment}/logs/step_settings/{settings}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        json=step_slice,
    shell:
        "printf '%s\\n' {params.json:q} > {output} 2> {log}"


rule split_dataset:
    input:
        "results/{experiment}/dataset.json",
    output:
        train="results/{experiment}/splits/train.npz",
        validation="results/{experiment}/splits/validation.npz",
        test="results/{experiment}/splits/test.npz",
    log:
        "results/{experiment}/logs/split_dataset.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.split_dataset"),
    shell:
        "python -m sbgc.steps.split_dataset --dataset {input} "
        "--train {output.train} --validation {output.validation} --test {output.test} > {log} 2>&1"


rule dequantize:
    input:
        split=lambda w: f"results/{w.experiment}/splits/{evaluations(w.experiment)[w.evaluation][0]}.npz",
        evaluation="results/{experiment}/evaluations/{evaluation}.json",
    output:
        "results/{experiment}/dequantized/{evaluation}.npz",
    log:
        "results/{experiment}/logs/dequantize/{evaluation}.log",
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_digest("sbgc.steps.dequantize"),
    shell:
        "python -m sbgc.steps.dequantize --split {input.split} --evaluation {input.evaluation} --out {output} > {log} 2>&1"
