# A new method beside stored results: its own cells are trained, those of every other method are read.


rule compare:
    input:
        records=of(PAGES.new_records, "method"),
        method=of(FLOW.new_method, "method"),
        stored=FLOW.stored_files(),
    output:
        multiext(
            f"{PAGES.site}/compare/{{method}}",
            *pages.COMPARISON_ENDINGS,
            pages.SUMMARY,
        ),
        PAGES.tables_with_new_row(),
    log:
        f"logs/compare/{FLOW.scale}/{{method}}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench compare {input.method} --no-train --settings {params.settings} --log {log}"
