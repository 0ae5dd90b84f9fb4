# Settings, plan, and the functions that turn wildcards into files.

import inspect
import json
import os
import re
import shlex
import sys
from functools import cache, wraps
from itertools import product
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))
# Jobs run `python -m bench` from whichever working directory; a prefix, since Snakemake empties PYTHONPATH under conda.
shell.prefix(f"export PYTHONPATH={shlex.quote(str(ROOT))}; ")

from bench.plan import BenchError, Plan, batches, parse_run, settings_from
from bench.plan.limits import Limits
from bench.plan.new_method import is_trained, name_of
from bench.probes import mark_of, probe_path
from bench.records.contest import contests, refuse_other_data, runs_of
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


def of_job(function, seeds):
    """`function(wildcards, seeds, ...)` for the jobs of one batch of seeds, as Snakemake calls it.

    Snakemake asks for the signature several times per job; where it is not stated, working it out is a third of the plan's time.
    """
    signature = inspect.signature(function)
    asked = [
        parameter for name, parameter in signature.parameters.items() if name != "seeds"
    ]

    def bound(wildcards, **more):
        return checked(function)(wildcards, seeds, **more)

    bound.__signature__ = signature.replace(parameters=asked)
    return bound


def runs_of_job(wildcards, seeds):
    """The runs that one training job covers."""
    cell = PLAN.cell(
        wildcards.paper, wildcards.dataset, wildcards.backbone, wildcards.variant
    )
    return [cell.run(seed) for seed in seeds]


def run_ids(wildcards, seeds):
    return [run.id for run in runs_of_job(wildcards, seeds)]


def teacher_records(wildcards, seeds):
    runs = runs_of_job(wildcards, seeds)
    teachers = {teacher for run in runs for teacher in PLAN.teachers(run).values()}
    return present(sorted(str(teacher.record) for teacher in teachers))


def data_manifest(wildcards, seeds):
    return f"results/data/{PLAN.resolve(runs_of_job(wildcards, seeds)[0])['data']['key']}/manifest.json"


def fingerprints(wildcards, seeds):
    """What the job's results depend on; a change re-runs it and what learns from it.

    Which code trained them counts where the settings say so, and a failed run counts as another attempt.
    """
    strict = PLAN.settings.rerun_on_code_change == "yes"
    words = []
    for run in runs_of_job(wildcards, seeds):
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


def memory(wildcards, seeds, attempt):
    """MiB that a cluster is asked for; a second attempt asks for more (only a profile makes one)."""
    return max(LIMITS.memory_mb(runs, attempt) for runs in asked_for(wildcards, seeds))


def minutes(wildcards, seeds, attempt):
    return max(LIMITS.minutes(runs, attempt) for runs in asked_for(wildcards, seeds))


def gpus(wildcards, seeds):
    return max(LIMITS.gpus(runs) for runs in asked_for(wildcards, seeds))


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
def snapshots(wildcards, seeds):
    """The epochs whose states a job keeps for figures of networks; a new one re-trains the runs that it looks at."""
    kept = {run.seed: PLAN.snapshots(run) for run in runs_of_job(wildcards, seeds)}
    return " ".join(
        f"{seed}:{','.join(map(str, epochs))}"
        for seed, epochs in kept.items()
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
