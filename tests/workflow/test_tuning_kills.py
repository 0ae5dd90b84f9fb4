"""A tuning whose trainings and whose workflow are killed on the way: it ends as one that nobody disturbed."""

import os
import signal
import sys
import time

import pytest
from chaos import CONFIG, Chaos
from projects.workflow import Project, timeless

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

PAGE, SCORES = "reports/demo/tune/small.html", "reports/demo/tune/small.csv"
TUNING = {
    "title": "Small", "paper": "drrnet", "dataset": "opensarship", "backbone": "resnet18", "seeds": [100, 101],
    "budget": 4, "methods": {"baseline": {"recipe.optimiser.lr": [0.001, 0.004]}, "tfkd": {"weight": [0.7]}},
}  # fmt: skip
SETTINGS = (*CONFIG, "tune_dir=tune")


def tuned(folder):
    project = Project(folder)
    project.write(folder / "tune" / "small.yaml", TUNING)
    return project


def ends(project):
    """What a tuning leaves, without what no second training repeats."""
    done = project.snakemake(PAGE, config=SETTINGS)
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: timeless(text) for name, text in project.records().items()}, (project.folder / SCORES).read_text()


def test_a_tuning_survives_kills_of_trainings_and_of_the_workflow(tmp_path):
    project = tuned(tmp_path / "killed")
    chaos = Chaos(project, seed=0)
    # As a user's, whose trainings are forks of the folder's server; test_chaos.py kills processes of their own.
    running = project.start_snakemake(PAGE, config=(*SETTINGS, "preload=auto"))
    while not list(project.folder.glob("results/work/demo/tune-small/**/checkpoint.pt")) and running.poll() is None:
        time.sleep(0.02)
    os.kill(chaos.working()[0], signal.SIGKILL)  # of one training, while others go on
    while not project.records() and running.poll() is None:
        time.sleep(0.02)
    assert running.poll() is None, "the workflow ended before it could be killed"
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    chaos.calm()
    assert project.snakemake("--unlock", PAGE, config=SETTINGS).returncode == 0
    assert 0 < len(project.records()) < 8
    records, scores = ends(project)
    assert len(records) == 8 and all(record["data"]["test_evaluations"] == 0 for record in records.values())
    assert (records, scores) == ends(tuned(tmp_path / "undisturbed"))
