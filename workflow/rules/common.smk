# Settings, plan, and the functions that turn wildcards into files.

import inspect
import json
import os
import re
import shlex
import sys
from functools import cache, wraps
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
# Jobs run `python -m bench` from whichever working directory; a prefix, since Snakemake empties PYTHONPATH under conda.
shell.prefix(f"export PYTHONPATH={shlex.quote(str(ROOT))}; ")

from bench.plan import BenchError, Plan, batches, parse_run, settings_from
from bench.plan.limits import Limits
from bench.plan.comparison import is_trained, name_of
from bench.probes import mark_of, probe_path
from bench.records.comparison import contests, refuse_other_data, runs_of
from bench.records.failures import listed
from bench.records.fingerprint import fingerprint
from bench.records.record import mend, state_of
from bench.records.stale import code_of


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
    BATCHES = batches(PLAN)
    SCALE = PLAN.scale.name
    PAPERS = PLAN.papers
    PLAN.paper(PLAN.settings.paper)
    # The tables that a new method is compared in; none where the settings name no method.
    CONTESTS = contests(PLAN) if PLAN.settings.new_method else []
except BenchError as error:
    sys.exit(f"error: {error}")
TABLES = sorted({table for paper in PAPERS.values() for table in paper.tables})
FIGURES = sorted({figure for paper in PAPERS.values() for figure in paper.figures})

# Settings travel to the jobs through the environment and not as params: those that matter are in the fingerprint, and
# another data folder or another number of threads re-runs nothing.
os.environ.update(BENCH_SETTINGS=json.dumps(config))
TABLE_ENDINGS = (".html", ".csv", ".tex", "-notes.tex", "-numbers.tex")
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


def start_jobs_as_they_come():
    """Lift the limit of 100 jobs a second that Snakemake sets where the user sets none.

    Under a limit every job that has ended wakes the scheduler once a second for as long as others are ready: after 250 jobs
    that is a fifth of a core, and it grows with their number. No documented API either.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None


def of_job(function, batch):
    """`function(wildcards, batch, ...)` for the jobs of one batch, as Snakemake calls it.

    Snakemake asks for the signature several times per job; where it is not stated, working it out is a third of the plan's time.
    """
    signature = inspect.signature(function)
    asked = [
        parameter for name, parameter in signature.parameters.items() if name != "batch"
    ]

    def bound(wildcards, **more):
        return checked(function)(wildcards, batch, **more)

    bound.__signature__ = signature.replace(parameters=asked)
    return bound


def runs_of_job(wildcards, batch):
    """The runs that one training job covers."""
    return batch.runs(PLAN, dict(wildcards.items()))


def run_ids(wildcards, batch):
    return [run.id for run in runs_of_job(wildcards, batch)]


def teacher_records(wildcards, batch):
    runs = runs_of_job(wildcards, batch)
    teachers = {teacher for run in runs for teacher in PLAN.teachers(run).values()}
    return present(sorted(str(teacher.record) for teacher in teachers))


def data_manifests(wildcards, batch):
    keys = {PLAN.resolve(run)["data"]["key"] for run in runs_of_job(wildcards, batch)}
    return [f"results/data/{key}/manifest.json" for key in sorted(keys)]


def fingerprints(wildcards, batch):
    """What the job's results depend on; a change re-runs it and what learns from it.

    Which code trained them counts where the settings say so, and a failed run counts as another attempt.
    """
    strict = PLAN.settings.rerun_on_code_change == "yes"
    words = []
    for run in runs_of_job(wildcards, batch):
        mark, state = fingerprint(PLAN, run), record_state(str(run.record))
        attempt = state.attempt + (state.kind == "failed")
        words.append(f"{mark['config']}-{mark['code']}" if strict else mark["config"])
        words += [f"attempt{attempt}"] if attempt else []
    return " ".join(words)


@cache
def record_state(path):
    """A record as it was when the workflow started; a damaged one is mended first."""
    state = state_of(Path(path))
    if state.kind == "damaged":
        try:
            logger.warning(f"{path}: damaged; {mend(parse_run(path))}.")
        except BenchError as error:
            raise WorkflowError(str(error)) from None
        state = state_of(Path(path))
    return state


def present(paths):
    """The paths of records, each looked at once."""
    for path in paths:
        record_state(path)
    return paths


def asked_for(wildcards, batch):
    """The jobs whose largest demand this one has: itself alone, or all that may share its array."""
    if not batch.apart:
        return [runs_of_job(wildcards, batch)]
    return [[cell.run(seed) for seed in batch.seeds] for cell in batch.apart]


def memory(wildcards, batch, attempt):
    """MiB that a cluster is asked for; a second attempt asks for more (only a profile makes one)."""
    return max(LIMITS.memory_mb(runs, attempt) for runs in asked_for(wildcards, batch))


def minutes(wildcards, batch, attempt):
    return max(LIMITS.minutes(runs, attempt) for runs in asked_for(wildcards, batch))


def gpus(wildcards, batch):
    return max(LIMITS.gpus(runs) for runs in asked_for(wildcards, batch))


@checked
def records_of(paper, item):
    """The records that a table or figure shows."""
    return present([str(run.record) for run in PLAN.runs_shown(paper, item)])


@checked
def code_behind(paper, item):
    """Changes when marks of stale results may, and renders the table or figure anew."""
    return code_of(PLAN, PLAN.cells_of(paper, item))


def say_what_failed():
    """Runs that gave no number this time; their cells say so too."""
    failed = listed()
    if failed:
        names = ", ".join(run.id for run, _ in failed[:5])
        more = f" and {len(failed) - 5} more" if len(failed) > 5 else ""
        logger.warning(
            f"{len(failed)} failed: {names}{more}. Their cells say so; the same command tries again."
        )


@checked
def snapshots(wildcards, batch):
    """The epochs whose states a job keeps for figures of networks; a new one re-trains the runs that it looks at."""
    kept = {run: PLAN.snapshots(run) for run in runs_of_job(wildcards, batch)}
    return " ".join(
        f"{run.id if batch.together else run.seed}:{','.join(map(str, epochs))}"
        for run, epochs in kept.items()
        if epochs
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


def tables_and_figures(tables=(".html",), figures=(".svg",)):
    """Every table and figure of every paper, as files below reports/ with these endings."""
    return [
        f"reports/{name}/{item}{ending}"
        for name, paper in PAPERS.items()
        for items, endings in ((paper.tables, tables), (paper.figures, figures))
        for item in items
        for ending in endings
    ]


@checked
def new_method(wildcards):
    """The file of the new method, whose name is the target's."""
    name = name_of(PLAN.settings)
    if wildcards.method != name:
        raise BenchError(
            f"new_method is '{PLAN.settings.new_method}': ask for reports/compare/{name}.html"
        )
    return PLAN.settings.new_method


@checked
def new_records(wildcards):
    """The records of the new method; no record of any other one is asked for."""
    new_method(wildcards)
    if not is_trained(PLAN.settings):
        return []
    refuse_other_data(PLAN, CONTESTS, wildcards.method)
    return present(
        [str(run.record) for run in runs_of(PLAN, CONTESTS, wildcards.method)]
    )


def stored_files(wildcards):
    return sorted(
        str(PLAN.settings.stored / SCALE / f"{contest.paper.name}.csv")
        for contest in CONTESTS
    )


def tables_with_new_row():
    """The pages of the papers' tables with the new method's row; none where it is given as numbers."""
    if not is_trained(PLAN.settings):
        return []
    return [
        f"reports/{contest.paper.name}/{contest.table.name}-with-{{method}}{ending}"
        for contest in CONTESTS
        for ending in TABLE_ENDINGS
    ]


@checked
def code_behind_new(wildcards):
    """Changes when the new method's marks, its hyper-parameters or the compared tables do."""
    if not is_trained(PLAN.settings):
        return ""
    runs = runs_of(PLAN, CONTESTS, wildcards.method)
    tables = " ".join(contest.target for contest in CONTESTS)
    return f"{code_of(PLAN, dict.fromkeys(run.cell for run in runs))} {tables}"
