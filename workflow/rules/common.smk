# Settings, plan, and the functions that turn wildcards into files.

import json
import os
import re
import shlex
import sys
from functools import partial, wraps
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
# Jobs run `python -m bench` from whichever working directory; a prefix, since Snakemake empties PYTHONPATH under conda.
shell.prefix(f"export PYTHONPATH={shlex.quote(str(ROOT))}; ")

from bench.plan import BenchError, Plan, batches, settings_from
from bench.probes import mark_of, probe_path
from bench.records.fingerprint import fingerprint


configfile: ROOT / "config" / "config.yaml"


def checked(function):
    """Tell a fault in the user's input in one line where Snakemake calls the function."""

    @wraps(function)
    def wrapped(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except BenchError as error:
            raise WorkflowError(str(error)) from None

    return wrapped


try:
    PLAN = Plan(settings_from(config))
    SCALE = PLAN.scale.name
    PAPERS = PLAN.papers
    PLAN.paper(PLAN.settings.paper)
except BenchError as error:
    sys.exit(f"error: {error}")
TABLES = sorted({table for paper in PAPERS.values() for table in paper.tables})
FIGURES = sorted({figure for paper in PAPERS.values() for figure in paper.figures})

# Settings travel to the jobs through the environment and not as params: those that matter are in the fingerprint, and
# another data folder or another number of threads re-runs nothing.
os.environ.update(BENCH_SETTINGS=json.dumps(config))
RECORD = "results/runs/{scale}/{paper}/{dataset}/{backbone}/{variant}/seed{seed}.json"


wildcard_constraints:
    scale=re.escape(SCALE),
    paper="|".join(map(re.escape, PAPERS)),
    table="|".join(map(re.escape, TABLES)) or "none",
    figure="|".join(map(re.escape, FIGURES)) or "none",
    item="|".join(map(re.escape, TABLES + FIGURES)),
    dataset="[^/]+",
    backbone="[^/]+",
    variant="[^/]+",


def use_conda_if_there():
    """Run the user's line in the current environment where conda is asked for and absent, and say so once.

    Snakemake would fail on the first job. Its settings are no documented API: the pinned version and a test hold this.
    """
    import shutil

    from snakemake_interface_executor_plugins.settings import DeploymentMethod

    methods = workflow.deployment_settings.deployment_method
    if DeploymentMethod.CONDA in methods and shutil.which("conda") is None:
        logger.warning(
            "conda is not on the PATH: every job runs in the current environment."
        )
        workflow.deployment_settings.deployment_method = set(methods) - {
            DeploymentMethod.CONDA
        }


use_conda_if_there()


@checked
def runs_of_job(wildcards, seeds):
    """The runs that one training job covers."""
    cell = PLAN.cell(
        wildcards.paper, wildcards.dataset, wildcards.backbone, wildcards.variant
    )
    return [cell.run(seed) for seed in seeds]


def run_ids(wildcards, seeds):
    return [run.id for run in runs_of_job(wildcards, seeds)]


@checked
def teacher_records(wildcards, seeds):
    runs = runs_of_job(wildcards, seeds)
    return sorted(
        {str(teacher.record) for run in runs for teacher in PLAN.teachers(run).values()}
    )


@checked
def data_manifest(wildcards, seeds):
    return f"results/data/{PLAN.resolve(runs_of_job(wildcards, seeds)[0])['data']['key']}/manifest.json"


@checked
def fingerprints(wildcards, seeds):
    """What the job's results depend on; a change re-runs it and what learns from it."""
    marks = [fingerprint(PLAN, run) for run in runs_of_job(wildcards, seeds)]
    return " ".join(f"{mark['config']}-{mark['code']}" for mark in marks)


@checked
def records_of(paper, item):
    """The records that a table or figure shows."""
    return [str(run.record) for run in PLAN.runs_shown(paper, item)]


@checked
def snapshots(wildcards, seeds):
    """The epochs whose states a job keeps for figures of networks; a new one re-trains the runs that it looks at."""
    kept = {run.seed: PLAN.snapshots(run) for run in runs_of_job(wildcards, seeds)}
    return " ".join(
        f"{seed}:{','.join(map(str, epochs))}" for seed, epochs in kept.items() if epochs
    )


@checked
def probe_of(paper, figure):
    """What a figure's networks show, where it is of that kind."""
    if not PLAN.figure(paper, figure).probed:
        return []
    return str(probe_path(PLAN, paper, figure))


@checked
def probe_mark(paper, figure):
    """The figure's layout and the probe's code; a change looks at the networks again and trains nothing."""
    return mark_of(PLAN.figure(paper, figure))


def paper_file(wildcards):
    return PLAN.settings.papers / f"{wildcards.paper}.yaml"


@checked
def printed_numbers(paper, table):
    """The file of a table's printed numbers; none where the table is an arrangement of ours."""
    if not PLAN.table(paper, table).printed:
        return []
    return [str(PLAN.settings.reported / paper / f"{table}.csv")]


def tables_and_figures():
    """Every table and figure of every paper, as files below reports/."""
    tables = [
        f"reports/{name}/{table}.html"
        for name, paper in PAPERS.items()
        for table in paper.tables
    ]
    figures = [
        f"reports/{name}/{figure}.svg"
        for name, paper in PAPERS.items()
        for figure in paper.figures
    ]
    return tables + figures
