# Tables and figures beside the papers' printed numbers, and short names for them.


localrules:
    alias,
    index,
    document,
    typeset,


rule table:
    input:
        records=of(PAGES.records, "paper", "table"),
        reported=of(FLOW.printed_numbers, "paper", "table"),
        paper=of(FLOW.paper_file, "paper"),
    output:
        multiext(
            f"{PAGES.site}/{{paper}}/{{table}}", *pages.TABLE_ENDINGS, pages.SUMMARY
        ),
    log:
        f"logs/report/{FLOW.scale}/{{paper}}/{{table}}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report {wildcards.paper}/{wildcards.table} --settings {params.settings} --log {log}"


rule figure:
    input:
        records=of(PAGES.records, "paper", "figure"),
        probe=of(FLOW.probe, "paper", "figure"),
        paper=of(FLOW.paper_file, "paper"),
    output:
        multiext(
            f"{PAGES.site}/{{paper}}/{{figure}}", *pages.FIGURE_ENDINGS, pages.SUMMARY
        ),
    log:
        f"logs/report/{FLOW.scale}/{{paper}}/{{figure}}.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report {wildcards.paper}/{wildcards.figure} --settings {params.settings} --log {log}"


rule index:
    input:
        lambda wildcards: PAGES.of_index(),
    output:
        f"{PAGES.site}/index.html",
    log:
        f"logs/report/{FLOW.scale}/index.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report index --settings {params.settings} --log {log}"


rule document:
    input:
        lambda wildcards: PAGES.of_document(),
    output:
        f"{PAGES.site}/paper.tex",
    log:
        f"logs/report/{FLOW.scale}/paper.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report paper --settings {params.settings} --log {log}"


rule typeset:
    input:
        f"{PAGES.site}/paper.tex",
    output:
        f"{PAGES.site}/paper.pdf",
    log:
        f"logs/report/{FLOW.scale}/paper-pdf.log",
    conda:
        "../envs/bench.yaml"
    params:
        settings=settings,
    shell:
        "python -m bench report paper.pdf --settings {params.settings} --log {log}"


rule alias:
    input:
        of(PAGES.of_short, "short"),
    output:
        "reports/{short}",
    log:
        "logs/report/{short}.log",
    wildcard_constraints:
        short=PAGES.short_names,
    conda:
        "../envs/bench.yaml"
    shell:
        "python -m bench alias {input} {output} --log {log}"
