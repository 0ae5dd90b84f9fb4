# Settings and plan; what the rules ask of them stands in bench/flow, with tests.

import gc
import os
import re
import shlex
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from snakemake.logging import logger

# A plan makes millions of objects that live to its end, and no circles of them; `onstart` looks for garbage again.
gc.disable()
# This file's folder, also where another Snakefile takes these rules as a module: a checkout, or an installed package's.
RULES = Path(str(workflow.current_basedir))
if (RULES.parents[1] / "bench" / "plan").is_dir():
    sys.path.insert(0, str(RULES.parents[1]))

from bench.flow import snakemake9
from bench.flow.inputs import Flow
from bench.flow.pages import Pages
from bench.flow.preload import may_fork
from bench.flow.snakemake9 import of, of_job
from bench.flow.targets import unknown_target
from bench.jobs.thin import PRELOAD
from bench.plan import BenchError, pages
from bench.plan.settings import config_file


configfile: config_file().resolve()


def make_damaged_again(path):
    """A damaged record is no result: the plan runs its job, and the job mends it."""
    logger.warning(f"{path}: damaged; set aside as *.damaged, its job makes it again.")
    snakemake9.make_again(workflow, path)


try:
    FLOW = Flow(config, make_damaged_again)
    PAGES = Pages(FLOW, partial(snakemake9.make_again, workflow))
except BenchError as error:
    sys.exit(f"error: {error}")


snakemake9.spare_needless_work()
AS_MODULE = snakemake9.is_module(workflow)


@snakemake9.untracked
def settings():
    """The file of settings that every job is given: another data folder or number of threads re-runs nothing."""
    if snakemake9.without_hooks(workflow, AS_MODULE):
        FLOW.write_settings()
    return FLOW.settings_file


RECORD = "results/runs/{scale}/{paper}/{dataset}/{backbone}/{variant}/seed{seed}.json"


wildcard_constraints:
    scale=re.escape(FLOW.scale),
    paper="|".join(map(re.escape, FLOW.papers)),
    table="|".join(map(re.escape, FLOW.tables)) or "none",
    figure="|".join(map(re.escape, FLOW.figures)) or "none",
    tuning="|".join(map(re.escape, FLOW.plan.tunings)) or "none",
    item="|".join(map(re.escape, FLOW.tables + FLOW.figures)),
    dataset="[^/]+",
    backbone="[^/]+",
    variant="[^/]+",


if snakemake9.without_absent_conda(workflow):
    logger.warning(
        "conda is not on the PATH: every job runs in the current environment."
    )
# Jobs run `python -m bench` from whichever working directory; a prefix, since Snakemake empties PYTHONPATH under conda.
ROOT = shlex.quote(str(Path(find_spec("bench").origin).parents[1]))
PREFIX = f"export PYTHONPATH={ROOT}; {snakemake9.own_python(workflow)}"
shell.prefix(PREFIX)


def collect_garbage_again():
    gc.freeze()  # the plan stays, and is not looked through
    gc.enable()


def preload():
    """Let jobs be forks of a preloaded process; a prefix is no part of a rule's command, so that it re-runs nothing."""
    if snakemake9.runs_jobs_here(workflow) and may_fork(FLOW.plan.settings, os.environ):
        shell.prefix(f"{PREFIX}export {PRELOAD}=auto; ")


def say_what_failed():
    if FLOW.failed():
        logger.warning(FLOW.failed())
