"""A training sees the GPU that it was given; no GPU is needed to see that."""

import os

import pytest

from bench.jobs.launch import is_first, is_member, own_gpus
from bench.plan import Plan, settings_from


@pytest.fixture(autouse=True)
def somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", "TORCHELASTIC_RUN_ID", "RANK"):
        monkeypatch.setenv(name, "")  # so that what the code sets is undone
        monkeypatch.delenv(name)


def seen(**settings):
    plan = Plan(settings_from(settings))
    with own_gpus(plan, plan.cell("drrnet", "fusar", "resnet18", "dlb").run(0)):
        return os.environ.get("CUDA_VISIBLE_DEVICES")


def test_a_training_sees_its_gpu_alone():
    assert seen(gpus=2) == "0"
    assert list(os.scandir("results/work/gpus"))


def test_a_divided_training_sees_as_many_as_it_needs():
    assert seen(gpus=4, devices_per_run={"fusar": 3}) == "0,1,2"


@pytest.mark.parametrize("settings", [{"gpus": 0}, {"gpus": 2, "device": "cpu"}])
def test_nothing_is_touched_without_gpus(settings):
    assert seen(**settings) is None


def test_a_process_of_a_divided_run_keeps_what_its_launcher_chose(monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    assert seen(gpus=4) == "2,3"
    assert is_member() and not is_first()
