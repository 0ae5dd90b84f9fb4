"""Faults in the middle of a job: what is recorded, what is set aside, what the next call does."""

import copy
import getpass
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from projects.damage import DAMAGES

from bench.data import Dataset, ImageSet
from bench.jobs import job as jobs
from bench.jobs.job import Job
from bench.plan.catalogue import ROOT
from bench.records.failures import listed
from bench.records.files import read_json, write_json
from bench.records.record import fresh_results, read_record, state_of, write_record
from bench.records.stale import marked
from bench.train.checkpoint import load_checkpoint

OLD = Path(__file__).parent / "old"  # written by the version before


def squares():
    """Three classes of flat squares, 12 training and 6 test images of 32 pixels."""
    labels = torch.arange(12) % 3
    images = (60 + 60 * labels)[:, None, None, None].expand(12, 1, 32, 32).to(torch.uint8).contiguous()
    return Dataset("sar_standin3", ("a", "b", "c"), True, ImageSet(images, labels), ImageSet(images[:6], labels[:6]), "0" * 64)


@pytest.fixture
def work(recorded, monkeypatch):
    """Trains the seeds of a variant in this process; returns the exit code."""
    scale = yaml.safe_load((ROOT / "config" / "scales" / "demo.yaml").read_text())
    scale["recipe"].update(epochs=1, batch_size=6)
    scale["backbones"] = {}
    (recorded.folder / "scales").mkdir()
    (recorded.folder / "scales" / "demo.yaml").write_text(yaml.safe_dump(scale))
    monkeypatch.setattr(type(recorded), "assignments", {**recorded.assignments, "scales_dir": "scales"})
    monkeypatch.setattr(jobs, "load_dataset", lambda *args: squares())

    def train(variant="baseline", seeds=(0, 1)):
        plan = recorded.plan
        return Job(
            plan, [plan.cell("drrnet", "opensarship", "resnet18", variant).run(seed) for seed in seeds], Path("log")
        ).work()

    return train


def record(variant="baseline", seed=0):
    return read_record(Path(f"results/runs/demo/drrnet/opensarship/resnet18/{variant}/seed{seed}.json"))


def test_a_training_whose_record_cannot_be_written_leaves_a_failed_one(work, monkeypatch):
    trained = Job._trained

    def reporting(self, run, workspace):
        made = yield from trained(self, run, workspace)
        return {**made, "metrics": {"accuracy": {60.0}}} if run.seed == 0 else made

    monkeypatch.setattr(Job, "_trained", reporting)
    assert work() == 0
    assert record()["status"] == "failed" and "cannot be written" in record()["reason"] and record()["metrics"] == {}
    assert record(seed=1)["status"] == "finished"
    monkeypatch.setattr(Job, "_trained", trained)
    assert work() == 0
    assert (record()["status"], record()["attempt"]) == ("finished", 1)


def workspace(variant="baseline", seed=0):
    return Path(f"results/work/demo/drrnet/opensarship/resnet18/{variant}/seed{seed}")


def values(found):
    return {key: found[key] for key in ("status", "reason", "metrics", "curve", "config", "fingerprint", "weights", "teachers")}


def result(**where):
    found = record(**where)
    return [found[name] for name in ("status", "metrics", "curve", "hits")]


def test_seeds_at_once_and_replayed_steps_give_the_results_of_one_after_the_other(work, recorded, monkeypatch):
    assert work("dlb", seeds=(0, 1, 2)) == 0
    alone = [result(variant="dlb", seed=seed) for seed in range(3)]
    assert (record("dlb")["hardware"]["updates"], record("dlb")["hardware"]["seeds_at_once"]) == ("eager", 1)
    shutil.rmtree("results")
    at_once = {"seeds_at_once": 2, "cuda_graphs": "yes"}
    monkeypatch.setattr(type(recorded), "assignments", {**recorded.assignments, **at_once})
    assert work("dlb", seeds=(0, 1, 2)) == 0
    assert [result(variant="dlb", seed=seed) for seed in range(3)] == alone
    assert (record("dlb")["hardware"]["updates"], record("dlb")["hardware"]["seeds_at_once"]) == ("graphed", 2)


def test_a_stop_reaches_all_seeds_that_take_turns_and_all_continue(work, recorded, monkeypatch, capsys):
    assert work() == 0
    alone = [result(seed=seed) for seed in range(2)]
    shutil.rmtree("results")
    monkeypatch.setattr(type(recorded), "assignments", {**recorded.assignments, "seeds_at_once": 2})
    steps = jobs.Loop.steps

    def stopped(loop):
        for _ in steps(loop):
            os.kill(os.getpid(), signal.SIGTERM)
            yield

    monkeypatch.setattr(jobs.Loop, "steps", stopped)
    assert work() == jobs.REQUEUE
    assert capsys.readouterr().out.count("stopped by a signal") == 2
    assert all((workspace(seed=seed) / "checkpoint.pt").exists() for seed in range(2))
    monkeypatch.setattr(jobs.Loop, "steps", steps)
    assert work() == 0
    assert [result(seed=seed) for seed in range(2)] == alone


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "out of memory (OutOfMemoryError: CUDA"),
        (MemoryError(), "out of memory (MemoryError)"),
        (RuntimeError("cannot read /home/somebody/secret/weights.bin"), "RuntimeError: cannot read weights.bin"),
    ],
)
def test_a_seed_that_breaks_off_leaves_a_record_and_the_others_theirs(work, monkeypatch, error, reason):
    whole = jobs.Loop.steps

    def broken(loop):
        if loop.training.config["seed"] == 0:
            raise error
        return whole(loop)

    monkeypatch.setattr(jobs.Loop, "steps", broken)
    assert work() == 0
    assert (record(seed=0)["status"], record(seed=1)["status"]) == ("failed", "finished")
    assert record()["reason"].startswith(reason)
    assert "somebody" not in json.dumps(record())
    assert [run.seed for run, _ in listed()] == [0]
    assert state_of(Path(f"{workspace()}/record.json")).kind == "failed"
    work()
    assert record()["attempt"] == 1
    monkeypatch.undo()


def test_a_recipe_may_leave_the_test_set_alone_and_the_record_says_so(work, recorded, monkeypatch):
    assert work(seeds=(0,)) == 0
    assert (record()["data"]["test"], record()["data"]["test_evaluations"]) == (6, 1) and "validation" not in record()["data"]
    recorded.content["recipes"]["opensarship"]["validation"] = {"share": 0.25, "only": True}
    recorded.write_paper(recorded.content)
    monkeypatch.setattr(jobs, "load_dataset", lambda *args: replace(squares(), test=object()))  # without images or length
    assert work(seeds=(0,)) == 0
    data = record()["data"]
    assert (data["train"], data["validation"], data["test"], data["test_evaluations"]) == (9, 3, 0, 0)
    assert "accuracy" not in record()["metrics"] and len(record()["curve"]["validation_accuracy"]) == 1


def test_the_next_call_tries_a_failed_run_again(work, monkeypatch):
    whole = jobs.Loop.steps
    monkeypatch.setattr(jobs.Loop, "steps", lambda loop: (_ for _ in ()).throw(MemoryError()))
    assert work(seeds=(0,)) == 0
    monkeypatch.setattr(jobs.Loop, "steps", whole)
    assert work(seeds=(0,)) == 0
    assert (record()["status"], record()["attempt"], listed()) == ("finished", 1, [])


def test_a_student_of_a_teacher_that_diverged_says_so_and_is_trained_once_that_is_mended(work):
    assert work() == 0
    path = Path("results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json")
    good = read_record(path)
    write_record(path, {**good, "status": "diverged", "reason": "the loss is nan in epoch 1", "metrics": {}})
    assert work("tfkd") == 0
    student = record("tfkd")
    assert (student["status"], record("tfkd", 1)["status"]) == ("diverged", "finished")
    assert "baseline/seed0 diverged: the loss is nan in epoch 1" in student["reason"]
    write_record(path, good)
    assert work("tfkd") == 0
    assert record("tfkd")["status"] == "finished"


def test_a_student_without_its_teacher_says_which_training_comes_first(work, capsys):
    assert work("tfkd", seeds=(0,)) == 1
    assert "not trained yet: python -m bench train demo/drrnet/opensarship/resnet18/baseline/seed0" in capsys.readouterr().out


def test_a_run_that_another_process_trains_is_left_alone(work, capsys):
    workspace().mkdir(parents=True)
    hold = "import sys, filelock; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held', flush=True); input()"
    words = [sys.executable, "-c", hold, str(workspace() / "lock")]
    other = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"
    assert work() == 1  # and the other seed is trained
    assert "baseline/seed0: another process is training it" in capsys.readouterr().out
    assert record(seed=1)["status"] == "finished" and not (workspace() / "record.json").exists()
    other.kill()
    other.communicate()
    assert work(seeds=(0,)) == 0  # however it ended


def test_a_student_is_not_trained_on_a_teacher_of_another_config(work, recorded, capsys):
    assert work(seeds=(0,)) == 0
    recorded.content["recipes"]["opensarship"]["optimiser"]["weight_decay"] = 0.1
    recorded.write_paper(recorded.content)
    Path("scales/demo.yaml").write_text(Path("scales/demo.yaml").read_text().replace("name: adam", "name: adamw"))
    assert work("tfkd", seeds=(0,)) == 1
    assert "its teacher is of another config" in capsys.readouterr().out


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_said_and_made_again(work, capsys, damage):
    assert work(seeds=(0,)) == 0
    before = record()
    for name in ("record.json", "weights.pt"):
        path = workspace() / name
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    published = Path("results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json")
    published.unlink()
    assert work(seeds=(0,)) == 0  # its own record is damaged: trained again, and so are the weights
    assert "damaged" in capsys.readouterr().out
    assert values(record()) == values(before)
    weights = workspace() / "weights.pt"
    weights.write_bytes(DAMAGES[damage](weights.read_bytes()))
    assert work("tfkd", seeds=(0,)) == 1
    said = capsys.readouterr().out
    assert "gone or damaged" in said and "its record is set aside" in said and said.count("\n") == 1
    assert work(seeds=(0,)) == work("tfkd", seeds=(0,)) == 0
    assert values(record()) == values(before)
    checkpoint = workspace(seed=1) / "checkpoint.pt"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.write_bytes(DAMAGES[damage](weights.read_bytes()))
    assert work(seeds=(1,)) == 0
    assert "training starts anew" in Path("log").read_text()


def test_a_damaged_record_of_a_teacher_is_left_to_its_own_job(work, capsys):
    assert work(seeds=(0,)) == 0
    path = Path("results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert work("tfkd", seeds=(0,)) == 1
    said = capsys.readouterr().out
    assert f"{path}: damaged" in said and "python -m bench train demo/drrnet" in said and said.count("\n") == 1
    assert path.read_bytes() == whole[:-20]
    assert work(seeds=(0,)) == 0  # which publishes the copy, to the bit
    assert path.read_bytes() == whole


def test_a_newer_version_s_record_is_kept_and_not_trained_again(work, capsys):
    assert work(seeds=(0,)) == 0
    path = workspace() / "record.json"
    write_json(path, {**read_json(path), "schema": 2})
    newer = path.read_bytes()
    assert work(seeds=(0,)) == 1
    assert "update the suite" in capsys.readouterr().out and path.read_bytes() == newer


def test_a_checkpoint_of_the_older_version_is_one_line_and_the_training_starts_anew(work):
    (place := workspace()).mkdir(parents=True)
    shutil.copy(OLD / "checkpoint.pt", place / "checkpoint.pt")
    assert work(seeds=(0,)) == 0
    assert "its checkpoint belongs to another config, code or data set; training starts anew" in Path("log").read_text()
    assert record()["status"] == "finished"


def test_weights_of_the_older_version_are_read():
    state = load_checkpoint(OLD / "weights.pt")["net"]
    assert state["fc.weight"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB; remounted read-only on request."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def in_folder(folder, monkeypatch):
    """Work in ``folder`` with the configuration of the folder that a test began in."""
    for name in ("papers", "scales", "reported"):
        (folder / name).symlink_to(Path(name).absolute())
    monkeypatch.chdir(folder)


def test_a_full_disk_is_one_line_and_corrupts_nothing(work, small_disk, monkeypatch, capsys):
    in_folder(small_disk, monkeypatch)
    assert work(seeds=(0,)) == 0
    before = record()
    (small_disk / "filler").write_bytes(b"0" * (shutil.disk_usage(small_disk).free - 20_000))
    assert work(seeds=(1,)) == 1
    said = capsys.readouterr().out
    assert "seed1" in said and "No space left on device" in said and said.count("\n") == 1
    assert list(small_disk.rglob(".*")) == []  # nothing half written
    assert record() == before
    (small_disk / "filler").unlink()
    assert work(seeds=(0, 1)) == 0
    assert record(seed=1)["status"] == "finished"


def test_a_read_only_folder_is_one_line(work, small_disk, monkeypatch, capsys):
    in_folder(small_disk, monkeypatch)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert work(seeds=(0,)) == 1
    said = capsys.readouterr().out
    assert "Read-only file system" in said and said.count("\n") == 1


PLUGIN = '''"""A method of somebody's own."""

import torch.nn.functional as F

from bench.methods import Method, Step


class Mine(Method):
    """Mine."""

    label = "Mine"

    def step(self, batch, clock):
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)})
'''


def test_a_record_names_no_person_no_machine_and_no_folder(work, recorded, monkeypatch, tmp_path):
    folder = tmp_path / "home" / "somebody"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(PLUGIN)
    content = copy.deepcopy(recorded.content)
    content["variants"]["mine"] = {"method": "mine", "label": "Mine"}
    content["tables"]["table2"]["blocks"][0]["rows"] = {"variant": ["mine"]}
    recorded.write_paper(content)
    secrets = {"plugins": [str(folder / "mine.py")], "data_dir": str(folder / "data"), "keep_weights": True}
    monkeypatch.setattr(type(recorded), "assignments", {**recorded.assignments, **secrets})
    monkeypatch.setenv("BENCH_TOKEN", "hunter2hunter2")
    assert work("mine", seeds=(0,)) == 0
    text = json.dumps(record("mine"))
    assert record("mine")["sources"]["mine.py"]
    words = ["somebody", str(tmp_path), "hunter2", str(ROOT), str(Path.home()) + "/", platform.node(), getpass.getuser()]
    assert [word for word in words if re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text)] == []


def test_a_student_of_a_stale_teacher_is_stale(work, recorded):
    assert work(seeds=(0,)) == 0
    path = Path("results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json")
    teacher = read_record(path)
    write_record(path, {**teacher, "fingerprint": {**teacher["fingerprint"], "code": "0" * 16}})
    assert work("tfkd", seeds=(0,)) == 0
    plan = recorded.plan
    runs = [plan.cell("drrnet", "opensarship", "resnet18", variant).run(0) for variant in ("baseline", "tfkd")]
    assert [result.stale for result in marked(plan, fresh_results(runs))] == [True, True]
    write_record(path, teacher)
    assert [result.stale for result in marked(plan, fresh_results(runs))] == [False, True]
