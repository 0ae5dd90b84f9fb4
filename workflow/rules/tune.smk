# Hyper-parameters tried on validation images; not one test image is read.


rule tune:
    input:
        records=of(PAGES.tuning_records, "tuning"),
        files=of(FLOW.tuning_files, "tuning"),
    output:
        multiext(f"{PAGES.site}/tune/{{tuning}}", *pages.TUNE_ENDINGS, pages.SUMMARY),
    log:
        f"logs/tune/{FLOW.scale}/{{tuning}}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench tune {wildcards.tuning} --no-train --settings {params.settings} --log {log}"
