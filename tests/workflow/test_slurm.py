"""Trainings on a real Slurm (one machine, its own daemons), under the faults that clusters have. `make test-slurm` runs it."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from projects.slurm import OneMachineSlurm, missing

from bench.plan.catalogue import ROOT

PLUGIN = "snakemake_executor_plugin_slurm"
CELL = "demo/drrnet/opensarship/resnet18"
RUNS = ("baseline/seed0", "baseline/seed1", "lsr/seed1", "lsr/seed2")
MEASURED = ("checksum", "cost", "hardware", "git")  # and what covers them

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(missing()), reason=missing() or "Slurm is there"),
    pytest.mark.skipif(importlib.util.find_spec(PLUGIN) is None, reason=f"{PLUGIN} is not installed (make test-slurm)"),
]


@pytest.fixture
def slurm(tmp_path_factory):
    """A running Slurm; its folder has a short name, since a socket's path may have no more than 107 letters."""
    cluster = OneMachineSlurm(tmp_path_factory.mktemp("s"), nodes=4, cpus=1)
    cluster.up()
    yield cluster
    cluster.down()


@pytest.fixture
def small(project):
    """Trainings with a job each; some are long enough to be running when Slurm looks at time limits (every 30 s)."""

    def shrink(made):
        made.edit(made.scale, lambda content: content.update(seeds_per_job=1))
        made.edit(made.scale, lambda content: content["recipe"].update(epochs=20))
        made.edit(made.paper, lambda content: content["variants"]["lsr"].update(recipe={"epochs_multiple": 6}))
        rows = ["baseline", "tfkd", "lsr"]
        made.edit(made.paper, lambda content: content["tables"]["table2"]["blocks"][0]["rows"].update(variant=rows))
        return made

    return shrink(project), shrink


def targets(*runs):
    return [f"results/runs/{CELL}/{run}.json" for run in runs]


def submit(project, slurm, runs, *words, config=()):
    """Start Snakemake with the Slurm profile as it is shipped; only the site's names are replaced."""
    site = ["--default-resources", "slurm_partition=gpu", "mem_mb=900", "runtime=5"]
    site += ["--set-resources", "data:mem_mb=900", "data:runtime=5", "train_seed0:mem_mb=attempt*400"]
    site += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
    site += ["--seconds-between-status-checks", "2"]
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--workflow-profile", str(ROOT / "profiles" / "slurm"), *site, *words, "--config", *project.settings]
    command += [
        "seeds=[0,1,2]",
        "gpus=1",
        "device=cpu",
        "reference_device=cpu",
        "checkpoint_seconds=0",
        *config,
        "--",
        *targets(*runs),
    ]
    environment = {**project.environment(real=True), **slurm.environment, "OMP_NUM_THREADS": "1"}
    environment["PATH"] = (
        f"{slurm.folder / 'bin'}{os.pathsep}{project.environment(real=True)['PATH']}{os.pathsep}{slurm.environment['PATH']}"
    )
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    log = (project.folder / "snakemake.txt").open("w")
    return subprocess.Popen(command, cwd=project.folder, env=environment, stdout=log, stderr=subprocess.STDOUT)


def comparable(project):
    """Records without what was measured."""
    records = {name: json.loads(text) for name, text in project.records().items()}
    return {name: {key: value for key, value in record.items() if key not in MEASURED} for name, record in records.items()}


class Saboteur:
    """Does each fault once, as soon as its training has written a checkpoint; a thread each, since some take their time."""

    def __init__(self, project, slurm):
        self.project, self.slurm = project, slurm
        self.faults = {
            "baseline/seed1": self.cancel,
            "lsr/seed1": self.run_out_of_time,
            "lsr/seed2": self.kill_node,
        }
        self.done = {}
        self.continued = set()
        self.over = False

    def start(self):
        for run in self.faults:
            threading.Thread(target=self.hit, args=(run,), daemon=True).start()

    def hit(self, run):
        """Wait for the checkpoint, do the fault, then watch for the training that continues: Snakemake starts logs anew."""
        checkpoint = self.project.folder / "results/work" / CELL / run / "checkpoint.pt"
        log = self.project.folder / "logs/train" / CELL / f"{run}.log"
        while not self.over:
            job = self.job_of(run) if run not in self.done and checkpoint.exists() else None
            if job:
                self.faults[run](job)
                self.done[run] = job["id"]
            if log.exists() and "continues from its checkpoint" in log.read_text():
                self.continued.add(run)
            time.sleep(0.1)

    def job_of(self, run):
        variant, seed = run.split("/")
        words = (f"rule_train_{seed}_", f"_{variant}")
        jobs = [job for job in self.slurm.jobs() if job["state"] == "RUNNING" and all(word in job["comment"] for word in words)]
        return jobs[-1] if jobs else None

    def cancel(self, job):
        self.slurm.run("scancel", job["id"])

    def run_out_of_time(self, job):
        self.slurm.run("scontrol", "update", f"JobId={job['id']}", "EndTime=now")

    def kill_node(self, job):
        name = job["node"]
        self.slurm.kill_node(name)
        self.slurm.wait(lambda: not self.slurm.jobs_on(name), 60)
        self.slurm.start_node(name)
        for waiting in self.slurm.jobs():
            if waiting["state"] == "PENDING":  # Slurm lets a job that lost its node wait two minutes
                self.slurm.run("scontrol", "update", f"JobId={waiting['id']}", "StartTime=now")


def test_every_record_comes_out_as_on_one_machine(small, slurm, tmp_path_factory):
    project, shrink = small
    other = shrink(type(project)(tmp_path_factory.mktemp("local")))
    process = submit(project, slurm, RUNS)
    saboteur = Saboteur(project, slurm)
    saboteur.start()
    local = other.snakemake(*targets(*RUNS), config=("seeds=[0,1,2]",))
    assert local.returncode == 0, local.stdout + local.stderr
    try:
        code = process.wait(timeout=280)
    finally:
        saboteur.over = True
        process.kill()
    text = (project.folder / "snakemake.txt").read_text()
    assert code == 0, text
    assert saboteur.done.keys() == saboteur.faults.keys(), saboteur.done
    assert "SLURM status is: 'CANCELLED'" in text and "SLURM status is: 'TIMEOUT'" in text
    jobs = {job["id"]: job for job in slurm.jobs()}
    assert jobs[saboteur.done["lsr/seed2"]]["state"] == "COMPLETED"  # the same job, queued again by Slurm
    logs = "".join(path.read_text() for path in (project.folder / "logs").rglob("*.log"))
    assert "exceeded memory limit" in logs
    assert logs.count("stopped by a signal; its checkpoint is written") == 2  # cancelled, out of time
    assert saboteur.continued == set(saboteur.faults)
    assert len(comparable(project)) == len(RUNS)
    assert comparable(project) == comparable(other)
    assert {record["hardware"]["gpu"] for record in map(json.loads, project.records().values())} == {""}


def test_ready_trainings_of_a_dataset_and_backbone_are_one_array(small, slurm):
    project, _ = small
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=1))
    runs = ("baseline/seed1", "lsr/seed1", "tfkd/seed1")
    process = submit(project, slurm, runs, "--slurm-array-jobs", "all", config=["array_jobs=true"])
    try:
        code = process.wait(timeout=150)
    finally:
        process.kill()
    assert code == 0, (project.folder / "snakemake.txt").read_text()
    assert len(project.records()) == len(runs)
    jobs = [job for job in slurm.jobs() if job["comment"].startswith("rule_train")]
    assert sorted(job["id"].partition("_")[2] for job in jobs) == ["", "1", "2"]  # two at once, then their student alone
    assert {job["comment"].partition("_wildcards")[0] for job in jobs} == {"rule_train_opensarship_resnet18_seed1"}
    assert len({job["time"] for job in jobs}) == 1
