"""The hooks into Snakemake: what they change in its objects, and what it does then."""

import io
import logging
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.common import get_function_params
from snakemake.exceptions import WorkflowError
from snakemake.iocontainers import Wildcards
from snakemake.settings.enums import Quietness
from snakemake.settings.types import MaxJobsPerTimespan
from snakemake_interface_executor_plugins.settings import DeploymentMethod

from bench.flow import snakemake9
from bench.plan import BenchError
from bench.plan.catalogue import ROOT


@pytest.mark.parametrize(("asked", "there", "left"), [(True, True, True), (True, False, False), (False, False, False)])
def test_conda_that_is_asked_for_and_absent_is_not_asked_for(monkeypatch, asked, there, left):
    monkeypatch.setattr(snakemake9.shutil, "which", lambda name: "/somewhere/conda" if there else None)
    methods = {DeploymentMethod.CONDA, DeploymentMethod.APPTAINER} if asked else {DeploymentMethod.APPTAINER}
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=frozenset(methods)))
    assert snakemake9.without_absent_conda(workflow) == (asked and not there)
    assert (DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method) == left
    assert DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method


@pytest.mark.parametrize("method", [None, DeploymentMethod.CONDA, DeploymentMethod.APPTAINER])
def test_jobs_call_the_python_that_runs_snakemake_unless_they_bring_their_own(method):
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method={method} - {None}))
    command = f"{snakemake9.own_python(workflow)}command -v python || echo none"
    found = subprocess.run(["/bin/sh", "-c", command], env={"PATH": "/nowhere"}, capture_output=True, text=True)
    assert found.stdout.strip() == ("none" if method else str(Path(sys.executable).parent / "python"))


@pytest.mark.parametrize(("quiet", "left_out"), [({Quietness.RULES}, True), ({Quietness.HOST}, False), (None, False)])
def test_steps_are_left_out_where_rules_are_and_stay_in_the_log(tmp_path, quiet, left_out):
    logger = logging.Logger("steps")
    screen, log = io.StringIO(), tmp_path / "log"
    logger.addHandler(logging.StreamHandler(screen))
    logger.addHandler(logging.FileHandler(log))
    workflow = SimpleNamespace(output_settings=SimpleNamespace(quiet=quiet), logger_manager=SimpleNamespace(logger=logger))
    snakemake9.quiet_about_steps(workflow)
    for line in ("Select jobs to execute...", "Execute 2 jobs...", "DLB: 5 seeds"):
        logger.info(line)
    assert (Quietness.PROGRESS in (quiet or ())) is left_out
    assert ("jobs" not in screen.getvalue()) is left_out and "DLB" in screen.getvalue()
    assert "Execute 2 jobs" in log.read_text()


@pytest.mark.parametrize(("limit", "lifted"), [("100/1s", True), ("50/1s", False), ("100/2s", False)])
def test_the_default_limit_of_jobs_is_lifted_and_a_user_s_stays(limit, lifted):
    settings = SimpleNamespace(max_jobs_per_timespan=MaxJobsPerTimespan.parse_choice(limit))
    workflow = SimpleNamespace(scheduling_settings=settings, scheduler=SimpleNamespace(job_rate_limiter="a limiter"))
    snakemake9.start_jobs_as_they_come(workflow)
    assert workflow.scheduler.job_rate_limiter == (None if lifted else "a limiter")


def test_a_function_of_a_job_states_its_arguments():
    def memory(batch, wildcards, attempt):
        return batch, wildcards, attempt

    asked = snakemake9.of_job(memory, "a batch")
    assert list(get_function_params(asked)) == ["wildcards", "attempt"]
    wildcards = Wildcards(fromdict={"variant": "dlb"})
    assert asked(wildcards, attempt=2) == ("a batch", {"variant": "dlb"}, 2)
    assert get_function_params(asked) is get_function_params(asked)  # and nothing is worked out


def test_a_function_of_wildcards_takes_those_that_are_named():
    asked = snakemake9.of(lambda paper, item: f"{paper}/{item}", "paper", "table")
    assert list(get_function_params(asked)) == ["wildcards"]
    assert asked(Wildcards(fromdict={"table": "table2", "ending": "html", "paper": "drrnet"})) == "drrnet/table2"


def test_a_fault_of_the_user_s_is_one_of_snakemake_s():
    def refuse(*args):
        raise BenchError("no such table")

    for asked in (snakemake9.of(refuse, "paper"), snakemake9.of_job(lambda batch, wildcards: refuse(), None)):
        with pytest.raises(WorkflowError, match="^no such table$"):
            asked(Wildcards(fromdict={"paper": "drrnet"}))


SNAKEFILE = """
import sys
sys.path.insert(0, {root!r})
from bench.flow.snakemake9 import make_again, spare_needless_work, untracked, without_hooks

spare_needless_work()


def look(wildcards):
    if {again}:
        make_again(workflow, "made.txt")
    return []


def memory(wildcards):
    with open("asked.txt", "a") as file:
        file.write("memory")
    return 700


rule read:
    input: "made.txt"
    output: "read.txt"
    shell: "cp {{input}} {{output}}"


rule make:
    input: look
    output: "made.txt", "beside.txt"
    resources: mem_mb=memory
    params: file=untracked(lambda: "{name}"), tracked="{tracked}", dry=lambda wildcards: without_hooks(workflow)
    shell: "echo {{params.file}} {{params.dry}} > made.txt; touch beside.txt"
"""

IDLE = "Nothing to be done"


@pytest.fixture
def plan(tmp_path):
    """Runs Snakemake on the small Snakefile; returns what it says."""

    def run(target, *words, again=False, name="a", tracked="a"):
        (tmp_path / "Snakefile").write_text(SNAKEFILE.format(root=str(ROOT), again=again, name=name, tracked=tracked))
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "rules", *words, "--", target]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_a_file_is_made_again_where_the_plan_needs_it_and_once(plan, tmp_path):
    plan("read.txt")
    assert IDLE in plan("read.txt", "--dry-run")
    assert IDLE not in plan("read.txt", "--dry-run", again=True)
    before = (tmp_path / "made.txt").stat().st_mtime_ns
    plan("read.txt", again=True)
    assert (tmp_path / "made.txt").stat().st_mtime_ns > before
    assert IDLE in plan("read.txt", "--dry-run")  # nothing of it stays in Snakemake's memory


@pytest.mark.slow
def test_a_dry_run_asks_of_a_job_what_it_shows(plan, tmp_path):
    said, asked = plan("read.txt", "--dry-run"), tmp_path / "asked.txt"
    assert "Job stats:" in said and "rule make:" not in said and not asked.exists()
    said = plan("read.txt", "--dry-run", "--printshellcmds", "--quiet", "host")
    assert "rule make:" in said and "mem_mb=700" in said and "touch beside.txt" in said and asked.read_text() == "memory"
    plan("read.txt")
    assert asked.read_text() == "memory" * 2  # a job that starts is asked, though nothing is said of it


@pytest.mark.parametrize("conda", [True, False])
def test_environments_are_for_jobs_that_start_and_for_who_asks_for_them(conda):
    deployment = SimpleNamespace(deployment_method={DeploymentMethod.CONDA} if conda else set())
    for dryrun in (True, False):
        dag = SimpleNamespace(workflow=SimpleNamespace(dryrun=dryrun, deployment_settings=deployment))
        assert snakemake9._needs_environments(dag) == (conda or not dryrun)


@pytest.mark.slow
def test_a_param_that_is_untracked_reaches_the_job_and_re_runs_nothing(plan, tmp_path):
    plan("made.txt")
    assert (tmp_path / "made.txt").read_text() == "a False\n"
    assert IDLE in plan("made.txt", "--dry-run", name="b")
    assert IDLE not in plan("made.txt", "--dry-run", tracked="b")
    assert "made.txt" in plan("made.txt", "--summary")
    plan("made.txt", "--forcerun", "make", "--no-hooks", name="b")
    assert (tmp_path / "made.txt").read_text() == "b True\n"


def test_hooks_that_are_off_count_where_jobs_start():
    for no_hooks, dryrun in ((True, False), (True, True), (False, False)):
        workflow = SimpleNamespace(execution_settings=SimpleNamespace(no_hooks=no_hooks), dryrun=dryrun)
        assert snakemake9.without_hooks(workflow) == (no_hooks and not dryrun)
    told = SimpleNamespace(execution_settings=None, dryrun=False)  # --summary, --dag, --report: nothing starts
    assert not snakemake9.without_hooks(told) and not snakemake9.without_hooks(told, module=True)


@pytest.mark.parametrize("path", sorted((ROOT / "workflow" / "rules").glob("*.smk")), ids=lambda path: path.stem)
def test_every_command_of_ours_is_given_its_settings(path):
    commands = re.findall(r'"(python -m bench (?!alias )[^"]*)"', path.read_text())  # an alias is a copy, whatever is set
    assert all("--settings {params.settings}" in command for command in commands)
    assert path.read_text().count("settings=settings,") == len(commands)
