"""What goes wrong is one clear line, and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from projects.shared import made_once
from projects.workflow import Project, timeless

RUN = "demo/drrnet/opensarship/resnet18/baseline/seed0"


def files(project):
    """Content and time of every file and folder, Snakemake's own folder left out."""
    found = (path for path in project.folder.rglob("*") if ".snakemake" not in path.parts)
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in found}


def told(done):
    text = done.stdout + done.stderr
    assert done.returncode != 0, text
    return text


@pytest.mark.parametrize(
    ("config", "words"),
    [(("scale=dmo",), "unknown scale 'dmo'; did you mean 'demo'? allowed: demo"), (("scal=demo",), "unknown key 'scal'")],
)
def test_a_wrong_config_is_told_before_anything_runs(project, config, words):
    text = told(project.snakemake("--dry-run", "reports/table2.html", config=config))
    assert [words in line for line in text.splitlines() if line.startswith("error: ")] == [True]
    assert "Traceback" not in text


def test_a_missing_dataset_is_told_before_anything_trains(project):
    project.edit(project.scale, lambda content: content.update(data={}))
    text = told(project.snakemake("reports/table2.html", config=("data_dir=nowhere",)))
    assert "opensarship" in text
    assert not project.records()


def test_nan_is_a_record_and_the_rest_of_the_table_stands(copy):
    copy.edit(
        copy.paper,
        lambda content: content["variants"]["tfkd"].update(
            recipe={"optimiser": {"name": "sgd", "lr": 100.0, "momentum": 0.99}}
        ),
    )
    copy.edit(copy.paper, lambda content: content["variants"]["tfkd"]["params"].update(weight=1e30))
    before = copy.records()
    done = copy.snakemake("reports/drrnet/table2.html")
    assert done.returncode == 0, done.stdout + done.stderr
    records = copy.records()
    assert {json.loads(text)["status"] for path, text in records.items() if "/tfkd/" in path} == {"diverged"}
    assert all(records[path] == text for path, text in before.items() if "/baseline/" in path)
    assert "diverged" in (copy.folder / "reports/drrnet/table2.html").read_text()


def small(project, epochs=12):
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=epochs))
    return project


def train(project):
    """A training in a process of its own, to be killed."""
    command = [sys.executable, "-m", "bench", "train", RUN, "--set", "checkpoint_seconds=0"]
    command += [item for setting in project.settings for item in ("--set", setting)]
    return subprocess.Popen(
        command, cwd=project.folder, env=project.environment(real=True), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def values(project):
    record = json.loads((project.folder / f"results/runs/{RUN}.json").read_text())
    return {key: record[key] for key in ("status", "metrics", "curve", "weights", "fingerprint")}


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory):
    """What a training leaves that nobody stops."""

    def make(folder):
        done = small(Project(folder / "project")).bench("train", RUN)
        assert done.returncode == 0, done.stdout + done.stderr

    return values(Project.at(made_once(tmp_path_factory, "uninterrupted", make) / "project"))


def wait_for(path, process):
    while not path.exists() and process.poll() is None:
        time.sleep(0.01)


def test_a_dry_run_changes_no_file(project, copy):
    """Where nothing is trained, and where everything is made; the test of damaged records holds it for those."""
    for each, due in ((project, True), (copy, False)):
        before = files(each)
        assert bool(each.jobs("reports/table2.html", "reports/drrnet/figure3.svg")) == due
        assert files(each) == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_training_continues_and_ends_bit_for_bit_the_same(project, uninterrupted, number):
    checkpoint = project.folder / "results/work" / RUN / "checkpoint.pt"
    first = train(small(project))
    wait_for(checkpoint, first)
    os.kill(first.pid, number)
    began = time.monotonic()
    code = first.wait(timeout=60)
    assert time.monotonic() - began < 5
    assert code == (-9 if number == signal.SIGKILL else 75)
    assert checkpoint.exists()
    assert not (project.folder / f"results/runs/{RUN}.json").exists()
    second = project.bench("train", RUN)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "continues from its checkpoint" in second.stdout + second.stderr
    assert values(project) == uninterrupted
    assert not checkpoint.exists()


def test_a_damaged_record_is_made_again_by_the_same_command(copy):
    """Of a student: once with a whole copy in the workspace, once without; and of a teacher."""
    path = "results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed1.json"
    damaged = (path, path.replace("seed1", "seed0"), path.replace("tfkd", "baseline"))
    before = copy.records()
    (copy.folder / path).write_text(before[path][:-100])
    for name in damaged[1:]:
        (copy.folder / name).write_text("")
    workspace = copy.folder / path.replace("results/runs", "results/work").removesuffix(".json")
    (workspace / "record.json").write_bytes(b"\0" * 100)
    unchanged = files(copy)
    jobs = copy.jobs("reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg")
    assert jobs == {"figure": 1, "table": 1, "train": 2}
    assert files(copy) == unchanged  # a dry run changes nothing
    done = copy.snakemake("reports/demo/drrnet/table2.html")
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    for name in damaged:
        assert text.count(f"{name}: damaged; set aside as *.damaged, its job makes it again.") == 1
        assert (copy.folder / f"{name}.damaged").exists()
    after = copy.records()
    assert {name for name in before if before[name] != after[name]} == {path}
    assert timeless(after[path]) == timeless(before[path])
    assert copy.jobs("reports/demo/drrnet/table2.html") == {}


FRAGILE = '''"""A method that breaks where the environment says so."""

import os

import torch.nn.functional as F

from bench.methods import Method, Step


class Fragile(Method):
    """Breaks."""

    label = "Fragile"

    def step(self, batch, clock):
        if os.environ.get("BREAK"):
            raise MemoryError
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)})
'''


def test_a_training_that_breaks_off_is_a_cell_that_says_so_and_is_tried_again(copy, monkeypatch):
    (copy.folder / "fragile.py").write_text(FRAGILE)
    copy.edit(copy.paper, lambda content: content["variants"].update(fragile={"method": "fragile", "label": "Fragile"}))
    copy.edit(copy.paper, lambda content: content["tables"]["table2"]["blocks"][0]["rows"]["variant"].append("fragile"))
    config, target = ("plugins=[fragile.py]",), "reports/drrnet/table2.html"
    monkeypatch.setenv("BREAK", "1")
    done = copy.snakemake(target, config=config)
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert "2 failed: demo/drrnet/opensarship/resnet18/fragile/seed0" in text
    page = (copy.folder / target).read_text()
    assert "2 of 2 runs failed" in page and "out of memory (MemoryError)" in page
    monkeypatch.delenv("BREAK")
    assert copy.made(target, config=config)["train"] == 1
    assert "failed" not in (copy.folder / target).read_text()
    assert copy.jobs(target, config=config) == {}


def test_a_second_snakemake_in_one_folder_is_refused(project):
    first = project.start_snakemake("reports/drrnet/table2.html")
    locks = project.folder / ".snakemake" / "locks"
    while not (locks.is_dir() and any(locks.iterdir())) and first.poll() is None:
        time.sleep(0.01)
    second = project.snakemake("reports/drrnet/table2.html")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    text = told(second)
    assert "Directory cannot be locked" in text and "Traceback" not in text
