# Datasets are decoded once; what depends on them watches the manifest, which holds their digest.


rule data:
    output:
        "results/data/{key}/manifest.json",
    log:
        "logs/data/{key}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench data prepare --key {wildcards.key} --settings {params.settings} --log {log}"
