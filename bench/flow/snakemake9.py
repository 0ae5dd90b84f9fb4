"""Hooks into Snakemake 9 that its documentation does not describe; each has a test, and the Snakefile asks for the version."""

from __future__ import annotations

import inspect
import logging
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from itertools import pairwise
from pathlib import Path
from typing import Any

from snakemake.common import overwrite_function_params
from snakemake.exceptions import WorkflowError
from snakemake.settings.enums import Quietness
from snakemake_interface_executor_plugins.settings import DeploymentMethod

from bench.plan import BenchError

STEPS = ("Select jobs to execute", "Execute ")  # lines that have no word in --quiet
DEFAULT_RATE = (100, 1)  # jobs, seconds


def without_absent_conda(workflow: Any) -> bool:
    """Run in the current environment where conda is asked for and absent; whether that is so.

    Snakemake would fail on the first job, whatever its rules say.
    """
    methods = workflow.deployment_settings.deployment_method
    if DeploymentMethod.CONDA not in methods or shutil.which("conda") is not None:
        return False
    workflow.deployment_settings.deployment_method = set(methods) - {DeploymentMethod.CONDA}
    return True


def own_python(workflow: Any) -> str:
    """A prefix for shell commands by which ``python`` is the one that runs Snakemake; empty where a job brings another.

    ``.venv/bin/snakemake`` starts without its environment's folder on the PATH.
    """
    folder = Path(sys.executable).parent
    brought = {DeploymentMethod.CONDA, DeploymentMethod.APPTAINER} & set(workflow.deployment_settings.deployment_method)
    if brought or not (folder / "python").exists():
        return ""
    return f"export PATH={shlex.quote(str(folder))}:$PATH; "


def start_jobs_as_they_come(workflow: Any) -> None:
    """Lift the limit of 100 jobs a second that Snakemake sets where the user sets none.

    Under a limit every job that has ended wakes the scheduler once a second for as long as others are ready: after 250 jobs
    that is a fifth of a core, and it grows with their number.
    """
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if (limit.max_jobs, limit.timespan) == DEFAULT_RATE:
        workflow.scheduler.job_rate_limiter = None


def quiet_about_steps(workflow: Any) -> None:
    """Leave out Snakemake's lines of started and finished steps where its words about rules are left out too.

    Every job says in a line of ours what it did and what is left. Asked for beforehand this would hide the plan of a dry run.
    """
    quiet = workflow.output_settings.quiet
    if isinstance(quiet, set) and Quietness.RULES in quiet:
        quiet.add(Quietness.PROGRESS)
        for handler in workflow.logger_manager.logger.handlers:
            if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
                handler.addFilter(lambda record: not record.getMessage().startswith(STEPS))


def spare_needless_work() -> None:
    """Let Snakemake leave out what nobody sees of its work on each job: a third of a dry run's time.

    That is the text about a job where rules are quiet (its command is put together three times over); in a dry run the
    resources that it frees of jobs it has not started and, where conda is not used, the jobs' environments (each asks for its
    job's params); and looking again and again for the arguments of a resource's function.
    """
    # Not at the top: these import each other in a circle, from which only Snakemake's own start finds out.
    from snakemake.dag import DAG
    from snakemake.jobs import Job
    from snakemake.resources import Resource
    from snakemake.scheduling.job_scheduler import JobScheduler

    for kind, name, is_needed in (
        (Job, "log_info", _is_read),
        (DAG, "update_conda_envs", _needs_environments),
        (JobScheduler, "_free_resources", _takes_resources),
    ):
        if hasattr(kind, name):  # another release may have it under another name, and then does the work
            setattr(kind, name, _where(is_needed, inspect.unwrap(getattr(kind, name))))
    overwrite_function_params(Resource.evaluate, dict(inspect.signature(Resource.evaluate).parameters))


def _where(is_needed: Callable[[Any], bool], method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def called(self: Any, *words: Any, **more: Any) -> None:
        if is_needed(self):
            method(self, *words, **more)

    return called


def _is_read(job: Any) -> bool:
    """Whether what Snakemake says of a job reaches somebody; a plug-in that takes it may show it whatever is quiet."""
    workflow, rule = job.dag.workflow, job.rule
    hiding = {Quietness.RULES} if workflow.dryrun else {Quietness.RULES, Quietness.ALL}
    if workflow.logger_manager.plugin_handlers or rule.is_checkpoint or rule.is_handover:  # the last two have further lines
        return True
    return not hiding & set(workflow.output_settings.quiet or ())


def _needs_environments(dag: Any) -> bool:
    return not dag.workflow.dryrun or DeploymentMethod.CONDA in dag.workflow.deployment_settings.deployment_method


def _takes_resources(scheduler: Any) -> bool:
    return not scheduler.workflow.dryrun


def runs_jobs_here(workflow: Any) -> bool:
    """Whether jobs run on this machine and in this call; to be asked once they are planned."""
    return bool(workflow.local_exec) and bool(workflow.is_main_process)


def without_hooks(workflow: Any, module: bool = False) -> bool:
    """Whether jobs start and ``onstart`` does not run: so the user says, another Snakemake for a job on a cluster, or a module.

    To be asked when the jobs are planned; while the Snakefile is read, a dry run is not yet known to be one.
    """
    execution = workflow.execution_settings  # none where Snakemake only tells something, as with --summary or --dag
    return execution is not None and (module or bool(execution.no_hooks)) and not workflow.dryrun


def is_module(workflow: Any) -> bool:
    """Whether another workflow takes this Snakefile as a module, whose ``onstart`` Snakemake leaves out; while it is read."""
    return not workflow.modifier.is_main_snakefile()


def asked_pages(words: Sequence[str]) -> list[str]:
    """The targets below ``reports/`` among the words of a command line; Snakemake itself tells them only after planning."""
    return [word for before, word in pairwise(("", *words)) if word.startswith("reports/") and before != "--report"]


def planned_trainings(workflow: Any) -> list[tuple[list[str], str]]:
    """The runs and the log of every training job that is to run; to be asked once the jobs are planned."""
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name.startswith("train")]
    return [(list(job.params.runs), str(job.log[0])) for job in jobs]


def untracked(function: Callable[[], Any]) -> Callable[..., Any]:
    """A params function that gives ``function()`` and whose value re-runs nothing.

    Snakemake compares no param of a function that asks for ``output``: it takes it for derived from the outputs' names.
    """
    return _asked(lambda wildcards, output: function(), ["wildcards", "output"])


def make_again(workflow: Any, path: str) -> None:
    """Force the job that makes ``path``, as ``--forcerun`` would, once the plan needs it; called by input functions.

    A word among the params would force it too, and once more when it is gone.
    """
    workflow.dag.forcefiles.add(path)


def of(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """An input or params function: ``function`` of the values that these wildcards have."""
    return _asked(lambda wildcards: function(*(getattr(wildcards, name) for name in names)), ["wildcards"])


def of_job(function: Callable[..., Any], batch: object) -> Callable[..., Any]:
    """``function(batch, wildcards, ...)`` for the jobs of one batch, as Snakemake calls it."""
    names = [name for name in inspect.signature(function).parameters if name != "batch"]
    return _asked(lambda wildcards, **more: function(batch, dict(wildcards.items()), **more), names)


def _asked(function: Callable[..., Any], names: Iterable[str]) -> Callable[..., Any]:
    """A function that tells a fault in the user's input in one line, and states which arguments it takes.

    Snakemake asks for them thirty times per job; where it has to look for them, that is a tenth to a third of the plan's time.
    """

    def told(wildcards: Any, **more: Any) -> Any:
        try:
            return function(wildcards, **more)
        except BenchError as error:
            raise WorkflowError(str(error)) from None

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    overwrite_function_params(told, {name: inspect.Parameter(name, kind) for name in names})
    return told
