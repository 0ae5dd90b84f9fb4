"""Trainings that the workflow forks from one process: the same records, also after a stop, and none of it stays."""

import os
import signal
import subprocess
import time
from pathlib import Path

from projects.workflow import timeless

from bench.jobs.thin import FOLDER, PRELOAD

RUNS = [f"demo/drrnet/opensarship/resnet18/{variant}/seed0" for variant in ("baseline", "tfkd")]
RECORDS = [f"results/runs/{run}.json" for run in RUNS]


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def results(project):
    return {path: timeless(text) for path, text in project.records().items()}


def servers(project):
    """The processes that serve a project's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == project.folder and b"bench.cli.serving" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_forks_leave_the_records_of_processes_of_their_own_and_continue_after_a_stop(project):
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=2))
    config = ("seeds=[0]",)
    done = project.snakemake(*RECORDS, config=config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (project.folder / FOLDER).exists()
    alone = results(project)
    assert len(alone) == 2
    for folder in ("results/runs", "results/work"):
        (project.folder / folder).rename(project.folder / f"{folder}-alone")

    project.preload = "auto"
    variables = {**project.environment(real=True), PRELOAD: "auto"}
    settings = [item for setting in (*project.settings, *config, "checkpoint_seconds=0") for item in ("--set", setting)]
    command = ["python", "-m", "bench", "train", RUNS[0], *settings]
    client = subprocess.Popen(command, cwd=project.folder, env=variables)
    checkpoint = project.folder / "results/work" / RUNS[0] / "checkpoint.pt"
    until(checkpoint.exists)
    assert servers(project)
    client.send_signal(signal.SIGTERM)
    assert client.wait(timeout=60) == 75 and checkpoint.exists()

    command = project.command(*RECORDS, config=config)
    done = subprocess.run(command, cwd=project.folder, env=project.environment(real=True), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert results(project) == alone
    assert "resnet18/tfkd/seed0: epoch 2/2" in (project.folder / "logs/train" / f"{RUNS[1]}.log").read_text()
    for number in servers(project):
        os.kill(number, signal.SIGTERM)
    until(lambda: not servers(project) and not (project.folder / FOLDER).exists())
