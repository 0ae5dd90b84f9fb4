"""Where trainings run: each sees the GPU that it was given, and several processes share one's settings; no GPU is needed."""

import os
from pathlib import Path

import pytest

from bench.jobs import launch
from bench.jobs.launch import is_first, is_member, own_gpus
from bench.plan import Plan, load_settings, settings_from


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


def test_a_divided_training_names_its_settings_on_the_command_line(monkeypatch):
    commands = []

    class Process:
        def __init__(self, command, env, **options):
            commands.append((command, env))

        def wait(self):
            return 0

    monkeypatch.setattr(launch.subprocess, "Popen", Process)
    plan = Plan(settings_from({"devices_per_run": {"fusar": 2}, "threads": 3, "data_dir": "elsewhere"}))
    runs = [plan.cell("drrnet", "fusar", "resnet18", "dlb").run(seed) for seed in (0, 1)]
    assert launch.train_together(plan, runs, None) == 0
    ((command, environment),) = commands
    file = command[command.index("--settings") + 1]
    assert load_settings((), Path(file)) == plan.settings
    assert command[command.index("train") + 1 :][:2] == [run.id for run in runs]
    assert not [name for name in environment if name.startswith("BENCH_SET")]
