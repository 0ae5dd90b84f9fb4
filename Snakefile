# One command to a paper's table:  snakemake --cores all --use-conda reports/table2.html
# What can be asked for: reports/<table>.html (of the default paper), reports/<paper>/<table>.{html,tex,csv},
# reports/<paper>/<figure>.{svg,pdf}, reports/index.html, reports/paper.{tex,pdf}, all;
# reports/tune/<tuning>.{html,yaml,csv}; and with --config new_method=my_method.py reports/compare/my_method.{html,tex,csv}.
# These are short names: copies of the pages of the scale that is asked for, which lie in reports/<scale>/.

from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/common.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/tune.smk"
include: "workflow/rules/probe.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/data.smk"


if unknown := unknown_target(snakemake9.asked_pages(sys.argv), PAGES):
    sys.exit(f"error: {unknown}")


onstart:
    collect_garbage_again()
    FLOW.start()
    if workflow.is_main_process:
        FLOW.begin(snakemake9.planned_trainings(workflow))
    PAGES.start()
    preload()
    snakemake9.start_jobs_as_they_come(workflow)
    snakemake9.quiet_about_steps(workflow)


onsuccess:
    say_what_failed()


onerror:
    say_what_failed()


rule all:
    default_target: True
    input:
        PAGES.tables_and_figures(),
        "reports/index.html",
        "reports/paper.tex",
