# Settings, plan, and the functions that turn wildcards into files.

import json
import os
import re
import shlex
import sys
from functools import partial, wraps
from itertools import product
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
# Jobs run `python -m bench` from whichever working directory; a prefix, since Snakemake empties PYTHONPATH under conda.
shell.prefix(f"export PYTHONPATH={shlex.quote(str(ROOT))}; ")

from bench.plan import BenchError, Plan, batches, settings_from
from bench.plan.limits import Limits
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
    LIMITS = Limits(PLAN)
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
def training_groups():
    """Dataset and backbone of the trainings that are kept apart, with their cells; all in one unless arrays are asked for.

    All jobs of an array get what its first one asks for, so it must not mix a ResNet-20 with a DenseNet-190.
    """
    if not PLAN.settings.array_jobs:
        return {(None, None): []}
    groups = {}
    for run in PLAN.runs_of("all"):
        groups.setdefault((run.cell.dataset, run.cell.backbone), {})[run.cell] = None
    return groups


GROUPS = training_groups()


def training_name(dataset, backbone, seeds):
    """`train_seed0_1`; with arrays `train_fusar_resnet18_seed0_1`."""
    words = [part.replace("-", "_") for part in (dataset, backbone) if part]
    return "_".join(["train", *words, f"seed{'_'.join(map(str, seeds))}"])


def asked_for(wildcards, seeds):
    """The jobs whose largest demand this one has: itself alone, or all that may share its array."""
    cells = GROUPS.get((wildcards.dataset, wildcards.backbone))
    if cells is None:
        return [runs_of_job(wildcards, seeds)]
    return [[cell.run(seed) for seed in seeds] for cell in cells]


@checked
def memory(wildcards, seeds, attempt):
    """MiB that a cluster is asked for; a second attempt asks for more (only a profile makes one)."""
    return max(LIMITS.memory_mb(runs, attempt) for runs in asked_for(wildcards, seeds))


@checked
def minutes(wildcards, seeds, attempt):
    return max(LIMITS.minutes(runs, attempt) for runs in asked_for(wildcards, seeds))


@checked
def gpus(wildcards, seeds):
    return max(LIMITS.gpus(runs) for runs in asked_for(wildcards, seeds))


@checked
def records_of(paper, item):
    """The records that a table or figure shows."""
    return [str(run.record) for run in PLAN.runs(PLAN.cells_of(paper, item))]


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
