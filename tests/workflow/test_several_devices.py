"""One training as two processes on a CPU (torchrun, gloo): the numbers of a single process."""

import json
import os
import shutil
import signal
import subprocess
import time

import psutil
import pytest
from filelock import FileLock

from bench.methods.baseline import Baseline
from bench.plan import BenchError
from bench.train import Group

CELL = "demo/drrnet/opensarship"
PLAIN = ("devices_per_run={}",)
TWO = ("devices_per_run={opensarship: 2}",)


METHOD = """
import time
from pathlib import Path

from torch import nn
from torch.nn import functional as F

from bench.methods import Clock, Method, Step


class Undisturbed(Method):
    \"\"\"Cross entropy without dropout, whose draws are each process's own; a second a step where a file says so.\"\"\"

    label = "Undisturbed"

    def __init__(self, *parts):
        super().__init__(*parts)
        for module in self.student.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0

    def step(self, batch, clock: Clock) -> Step:
        time.sleep(Path("slow").exists())
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)}, {"size": logits.new_tensor(1.0)})
"""


@pytest.fixture
def narrow(project):
    """Trainings of seconds; AlexNet is a network without batch normalisation."""
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=2, image_size=64))
    (project.folder / "undisturbed.py").write_text(METHOD)
    variant = {"method": "undisturbed", "label": "Undisturbed"}
    project.edit(project.paper, lambda content: content["variants"].update(undisturbed=variant))
    return project


def train(project, run, *sets, wait=True):
    words = [
        item
        for setting in (*project.settings, "plugins=[undisturbed.py]", "precision=fp32", "device=cpu", *sets)
        for item in ("--set", setting)
    ]
    environment = project.environment(real=not wait)  # one that a test stops is no fork, nor are its members
    process = subprocess.Popen(
        [shutil.which("python", path=environment["PATH"]), "-m", "bench", "train", run, *words],
        cwd=project.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return (process, process.communicate(timeout=120)[0]) if wait else (process, "")


def record(project, run):
    return json.loads((project.folder / f"results/runs/{run}.json").read_text())


def process_of_rank(rank, launcher):
    children = psutil.Process(launcher.pid).children(recursive=True)
    return next(child for child in children if child.environ().get("RANK") == rank)


def clear(project):
    for folder in ("results/runs", "results/work"):
        (project.folder / folder).rename(project.folder / f"{folder}.alone")


def test_two_processes_train_what_one_trains(narrow):
    run = f"{CELL}/alexnet/undisturbed/seed0"
    process, text = train(narrow, run, *PLAIN)
    assert process.returncode == 0, text
    one = record(narrow, run)
    clear(narrow)
    process, text = train(narrow, run, *TWO)
    assert process.returncode == 0, text
    two = record(narrow, run)
    assert (two["config"]["devices"], two["hardware"]["devices"], one["hardware"]["devices"]) == (2, 2, 1)
    assert two["fingerprint"]["config"] != one["fingerprint"]["config"]
    assert two["curve"].keys() == one["curve"].keys()
    for name, values in one["curve"].items():
        assert two["curve"][name] == pytest.approx(values, rel=1e-4, abs=1e-6), name
    assert two["metrics"] == one["metrics"]
    assert two["cost"]["flops"] == one["cost"]["flops"] > 0


def test_two_processes_stop_are_killed_and_end_as_undisturbed(narrow):
    run = f"{CELL}/resnet18/undisturbed/seed0"  # batch normalisation per process: compared with two processes, not with one
    narrow.edit(narrow.scale, lambda content: content["recipe"].update(epochs=6, image_size=32))
    process, text = train(narrow, run, *TWO)
    assert process.returncode == 0, text
    whole = record(narrow, run)
    clear(narrow)
    slow, checkpoint = narrow.folder / "slow", narrow.folder / "results/work" / run / "checkpoint.pt"
    process, _ = train(narrow, run, *TWO, "checkpoint_seconds=0", wait=False)
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.01)
    slow.touch()
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):  # of an impatient user, to all that the terminal knows
        os.killpg(process.pid, number)
        time.sleep(0.1)
    assert process.wait(timeout=60) == 75
    with FileLock(checkpoint.with_name("lock"), timeout=0):  # none of its processes is left
        assert time.monotonic() - began < 5
    text = process.communicate()[0]
    assert "its checkpoint is written" in text, text

    process, _ = train(narrow, run, *TWO, wait=False)
    log = checkpoint.with_name("log.txt")
    while "continues from its checkpoint" not in log.read_text() and process.poll() is None:
        time.sleep(0.01)
    process_of_rank("1", process).kill()
    text = process.communicate(timeout=30)[0]
    assert process.returncode == 1, text  # the first does not wait for the one that is gone
    slow.unlink()
    process, text = train(narrow, run, *TWO)
    assert process.returncode == 0, text
    assert "continues from its checkpoint" in text
    again = record(narrow, run)
    assert again["metrics"] == whole["metrics"]
    for name, values in whole["curve"].items():
        assert again["curve"][name] == pytest.approx(values, rel=1e-6), name


def test_what_cannot_be_divided_is_one_line(narrow):
    process, text = train(narrow, f"{CELL}/alexnet/dlb/seed0", *TWO)
    assert process.returncode == 1
    assert "cannot be divided among devices: it carries the last mini-batch to the next step" in text


def test_a_mini_batch_of_too_few_images_is_one_line():
    with pytest.raises(BenchError, match="a mini-batch of 3 images cannot be divided among 2 devices"):
        Group(0, 2).check(Baseline, 30, 3, False)
