# The records that a table shows, one row per seed.


rule summarise:
    input:
        of(FLOW.records, "paper", "item"),
    output:
        "results/summary/{scale}/{paper}/{item}.csv",
    log:
        "logs/summarise/{scale}/{paper}/{item}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench summarise {wildcards.paper}/{wildcards.item} {output} --settings {params.settings} --log {log}"
