# What trained networks show, as arrays for the figures that are of that kind.


rule probe:
    input:
        of(FLOW.records, "paper", "figure"),
    output:
        multiext(f"results/probes/{FLOW.scale}/{{paper}}/{{figure}}", ".json", ".npz"),
    log:
        "logs/probe/{paper}/{figure}.log",
    conda:
        "../envs/bench.yaml"
    threads: FLOW.plan.settings.threads
    params:
        fingerprint=of(FLOW.probe_fingerprint, "paper", "figure"),
        settings=settings,
    shell:
        "python -m bench probe {wildcards.paper}/{wildcards.figure} --settings {params.settings} --log {log}"
