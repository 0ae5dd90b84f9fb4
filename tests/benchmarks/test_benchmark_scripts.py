"""The scripts of ``benchmarks/`` run, on next to nothing: a measurement that nobody can repeat is lost."""

import json
import runpy
import sys

import pytest
import torch

from bench.data import Sample
from bench.plan.catalogue import ROOT


@pytest.fixture(autouse=True)
def threads():
    kept = torch.get_num_threads()
    yield
    torch.set_num_threads(kept)


@pytest.fixture
def script(monkeypatch):
    """Runs a script with arguments."""

    def run(name, *words):
        monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
        return runpy.run_path(str(ROOT / "benchmarks" / name), run_name="__main__")

    return run


def test_throughput_measures_loops_and_methods(script, tmp_path, capsys):
    file = tmp_path / "throughput.json"
    small = ("--loops", "resnet20_cifar", "--batch", 2, "--steps", 1, "--repeats", 1)
    methods = ("--backbone", "resnet20_cifar", "--methods", "kd", "ensemble", "--method-batch", 2, "--method-steps", 1)
    script("throughput.py", *small, *methods, "--precision", "fp32", "--device", "cpu", "--json", file)
    found = json.loads(file.read_text())
    assert found["facts"]["clock"] == "CPU time"
    assert found["loops"][0]["images_per_second"].keys() == {"plain", "ours, fp32"}
    assert found["methods"]["rows"].keys() == {"kd"} and found["methods"]["rows"]["kd"]["counted"] == pytest.approx(4 / 3)
    assert "| `kd` |" in capsys.readouterr().out


def test_short_runs_trains_teachers_first_and_skips_what_is_done(script, tmp_path, monkeypatch, capsys):
    import bench.data.cifar as family

    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (60, 3, 32, 32), dtype=torch.uint8, generator=draw).numpy()
    images = images.transpose(0, 2, 3, 1)

    def samples(source):
        for index, pixels in enumerate(images):
            yield Sample(source.classes[index % 10], "train" if index < 40 else "test", f"{index}", pixels)

    monkeypatch.setattr(family, "samples", samples)
    (tmp_path / "cifar10" / "train" / "cat").mkdir(parents=True)
    (tmp_path / "cifar10" / "train" / "cat" / "0.png").touch()  # the root of a copy; what is in it is not read
    file = tmp_path / "runs.json"
    words = (tmp_path, "--cache", tmp_path / "cache", "--json", file, "--epochs", 1, "--train", 40, "--test", 20)
    words += ("--width", 0.25, "--precision", "fp32", "--device", "cpu")
    script("short_runs.py", *words, "--methods", "kd", "baseline")
    first = json.loads(file.read_text())
    assert list(first["runs"]) == ["baseline", "kd"] and first["runs"]["kd"]["teachers"] == {"offline": "baseline"}
    script("short_runs.py", *words, "--methods", "kd", "baseline")
    assert json.loads(file.read_text()) == first
    assert "| `kd` | baseline |" in capsys.readouterr().out


def test_a_dry_lease_does_a_little_of_every_part_and_the_next_one_continues(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "out"
    parts = ("--methods", "dlb", "--parts", "equality", "throughput", "trainings")  # the others start processes for long
    script("lease.py", "--dry", "--seconds", 120, "--out", out, *parts)
    lines = [json.loads(line) for line in (out / "lease.jsonl").read_text().splitlines()]
    said = {line["part"]: line for line in lines}
    none = {"replayed": 0, "as they come, again": 0}
    assert said["equality"]["how"] == "graphed" and "error" not in str(lines)
    assert said["equality"]["largest_difference"] == {"repeatable": none, "searched": none}
    assert said["throughput"]["images_per_second"].keys() == {"as they come", "replayed", "replayed in fp32", "side by side"}
    (run,) = said["trainings"]["finished"]
    assert [end["code"] for end in said["trainings"]["ended"].values()] == [0] and (
        tmp_path / f"results/runs/{run}.json"
    ).exists()
    assert said["packed"]["left_out"] == []
    monkeypatch.chdir(out)
    script("lease.py", "--dry", "--seconds", 120, "--out", tmp_path / "next", "--continue-from", out, "--parts", "trainings")
    lines = [json.loads(line) for line in (tmp_path / "next" / "lease.jsonl").read_text().splitlines()]
    assert lines[0]["continued_files"] >= 1 and lines[1]["ended"] == {} and lines[1]["finished"] == {}
