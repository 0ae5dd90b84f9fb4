# Tables and figures beside the papers' printed numbers.


localrules:
    default_paper,
    index,
    document,
    typeset,


rule table:
    input:
        rows=f"results/summary/{FLOW.scale}/{{paper}}/{{table}}.csv",
        reported=of(FLOW.printed_numbers, "paper", "table"),
        paper=of(FLOW.paper_file, "paper"),
    output:
        multiext("reports/{paper}/{table}", *TABLE_ENDINGS),
    log:
        "logs/report/{paper}/{table}.log",
    conda:
        "../envs/bench.yaml"
    params:
        code=of(FLOW.code_behind, "paper", "table"),
        settings=settings,
    shell:
        "python -m bench report {wildcards.paper}/{wildcards.table} --rows {input.rows} --settings {params.settings} --log {log}"


rule figure:
    input:
        records=of(FLOW.records, "paper", "figure"),
        probe=of(FLOW.probe, "paper", "figure"),
        paper=of(FLOW.paper_file, "paper"),
    output:
        multiext("reports/{paper}/{figure}", ".svg", ".pdf"),
    log:
        "logs/report/{paper}/{figure}.log",
    conda:
        "../envs/bench.yaml"
    params:
        code=of(FLOW.code_behind, "paper", "figure"),
        settings=settings,
    shell:
        "python -m bench report {wildcards.paper}/{wildcards.figure} --settings {params.settings} --log {log}"


rule default_paper:
    input:
        f"reports/{FLOW.plan.settings.paper}/{{table}}.{{ending}}",
    output:
        "reports/{table}.{ending,html|tex|csv}",
    log:
        "logs/report/{table}-{ending}.log",
    conda:
        "../envs/bench.yaml"
    shell:
        "cp {input} {output} 2> {log}"


rule index:
    input:
        FLOW.tables_and_figures(),
    output:
        "reports/index.html",
    log:
        "logs/report/index.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report index --settings {params.settings} --log {log}"


rule document:
    input:
        FLOW.tables_and_figures((".tex", "-notes.tex"), (".pdf",)),
    output:
        "reports/paper.tex",
    log:
        "logs/report/paper.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report paper --settings {params.settings} --log {log}"


rule typeset:
    input:
        "reports/paper.tex",
    output:
        "reports/paper.pdf",
    log:
        "logs/report/paper-pdf.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report paper.pdf --settings {params.settings} --log {log}"
