# A new method beside stored results: its own cells are trained, those of every other method are read.


rule compare:
    input:
        records=new_records,
        method=new_method,
        stored=stored_files,
    output:
        multiext("reports/compare/{method}", ".html", ".tex", ".csv"),
        tables_with_new_row(),
    log:
        "logs/compare/{method}.log",
    conda:
        "../envs/bench.yaml"
    params:
        code=code_behind_new,
    shell:
        "python -m bench compare {input.method} --no-train --log {log}"
