"""What goes wrong is one clear line, and nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from projects.workflow import timeless

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
    [
        (("scal=demo",), "unknown key 'scal'"),
        (("scale=dmo",), "unknown scale 'dmo'; allowed: demo (did you mean 'demo'?)"),
        (("paper=drrnett",), "drrnet"),
        (("precision=fp8",), "'fp8'; allowed: auto, bf16, fp32"),
        (("plugins=[nowhere.py]",), "plug-in 'nowhere.py': no such Python file"),
    ],
)
def test_a_wrong_config_is_told_before_anything_runs(project, config, words):
    text = told(project.snakemake("--dry-run", "reports/table2.html", config=config))
    assert words in text
    assert "Traceback" not in text


def test_an_unknown_variant_is_told_before_anything_runs(project):
    project.edit(project.paper, lambda content: content["tables"]["table2"]["blocks"][0]["rows"]["variant"].append("dlbb"))
    text = told(project.snakemake("--dry-run", "reports/table2.html"))
    assert "unknown variant 'dlbb'" in text
    assert "Traceback" not in text


def test_a_missing_dataset_is_told_before_anything_trains(project):
    project.edit(project.scale, lambda content: content.update(data={}))
    text = told(project.snakemake("reports/table2.html", config=("data_dir=nowhere",)))
    assert "opensarship" in text
    assert not project.records()


def test_nan_is_a_record_and_the_rest_of_the_table_stands(project):
    project.edit(
        project.paper,
        lambda content: content["variants"]["tfkd"].update(
            recipe={"optimiser": {"name": "sgd", "lr": 100.0, "momentum": 0.99}}
        ),
    )
    project.edit(project.paper, lambda content: content["variants"]["tfkd"]["params"].update(weight=1e30))
    done = project.snakemake("reports/drrnet/table2.html")
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(project.records()["results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed0.json"])
    assert record["status"] == "diverged"
    assert "diverged" in (project.folder / "reports/drrnet/table2.html").read_text()


def train(project, *, epochs=12):
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=epochs))
    command = [sys.executable, "-m", "bench", "train", RUN, "--set", "checkpoint_seconds=0"]
    command += [item for setting in project.settings for item in ("--set", setting)]
    return subprocess.Popen(
        command, cwd=project.folder, env=project.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def values(project):
    record = json.loads((project.folder / f"results/runs/{RUN}.json").read_text())
    return {key: record[key] for key in ("status", "metrics", "curve", "weights", "fingerprint")}


def wait_for(path, process, other=None):
    while not path.exists() and not (other and other.exists()) and process.poll() is None:
        time.sleep(0.01)


def test_a_dry_run_changes_no_file(project, copy):
    """Where nothing is trained, and where everything is made; the test of damaged records holds it for those."""
    for each, due in ((project, True), (copy, False)):
        before = files(each)
        assert bool(each.jobs("reports/table2.html", "reports/drrnet/figure3.svg")) == due
        assert files(each) == before


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_training_continues_and_ends_bit_for_bit_the_same(project, tmp_path_factory, number):
    other = type(project)(tmp_path_factory.mktemp("whole"))
    assert train(other).wait(timeout=120) == 0
    checkpoint = project.folder / "results/work" / RUN / "checkpoint.pt"
    first = train(project)
    wait_for(checkpoint, first)
    os.kill(first.pid, number)
    began = time.monotonic()
    code = first.wait(timeout=60)
    assert time.monotonic() - began < 5
    assert code == (-9 if number == signal.SIGKILL else 75)
    assert checkpoint.exists()
    assert not (project.folder / f"results/runs/{RUN}.json").exists()
    second = train(project)
    output = second.communicate(timeout=120)[0].decode()
    assert second.returncode == 0, output
    assert "continues from its checkpoint" in output
    assert values(project) == values(other)
    assert not checkpoint.exists()


def test_two_processes_never_train_one_run(project):
    first = train(project, epochs=60)
    wait_for(project.folder / "results/work" / RUN / "checkpoint.pt", first)
    second = project.bench("train", RUN)
    first.kill()
    first.wait()
    assert second.returncode == 1
    assert "another process is training it" in second.stdout


def test_a_student_without_its_teacher_says_which_training_comes_first(project):
    done = project.bench("train", RUN.replace("baseline", "tfkd"))
    assert done.returncode == 1
    assert f"python -m bench train {RUN}" in done.stdout


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
    assert jobs == {"figure": 1, "table": 1, "train_seed0_1": 2}
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
    assert copy.jobs(target, config=config)["train_seed0_1"] == 1
    done = copy.snakemake(target, config=config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in (copy.folder / target).read_text()
    assert copy.jobs(target, config=config) == {}


def test_a_second_snakemake_in_one_folder_is_refused(project):
    project.edit(project.scale, lambda content: content["recipe"].update(epochs=40))
    first = project.start_snakemake("reports/drrnet/table2.html")
    wait_for(project.folder / "results/work" / RUN / "log.txt", first, project.folder / "logs/train")
    second = project.snakemake("reports/drrnet/table2.html")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    text = told(second)
    assert "Directory cannot be locked" in text and "Traceback" not in text
