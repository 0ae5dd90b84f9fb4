# A new method beside stored results: its own cells are trained, those of every other method are read.


rule compare:
    input:
        records=of(FLOW.new_records, "method"),
        method=of(FLOW.new_method, "method"),
        stored=FLOW.stored_files(),
    output:
        multiext("reports/compare/{method}", ".html", ".tex", ".csv"),
        FLOW.tables_with_new_row(TABLE_ENDINGS),
    log:
        "logs/compare/{method}.log",
    conda:
        "../envs/bench.yaml"
    params:
        code=of(FLOW.code_behind_new, "method"),
        settings=settings,
    shell:
        "python -m bench compare {input.method} --no-train --settings {params.settings} --log {log}"
