# What trained networks show, as arrays for the figures that are of that kind.


rule probe:
    input:
        lambda wildcards: records_of(wildcards.paper, wildcards.figure),
    output:
        multiext(f"results/probes/{SCALE}/{{paper}}/{{figure}}", ".json", ".npz"),
    log:
        "logs/probe/{paper}/{figure}.log",
    conda:
        "../envs/bench.yaml"
    threads: PLAN.settings.threads
    params:
        mark=lambda wildcards: probe_mark(wildcards.paper, wildcards.figure),
    shell:
        "python -m bench probe {wildcards.paper}/{wildcards.figure} --log {log}"
