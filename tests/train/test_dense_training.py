"""Segmentation and detection as their recipes at scale demo train them, for some steps: resumed, divided, counted."""

import copy
import os
import signal
from itertools import count

import pytest
from projects.squares import trained

from bench.data import load_dataset
from bench.plan import BenchError, Plan, parse_run, settings_from
from bench.train import Group, Interrupted, Machine, build_student, build_training
from bench.train.flops import count_flops

RUNS = {
    "segmentation": "demo/frskd/voc/efficientdet_d0/frskd-segmentation/seed0",
    "detection": "demo/reviewkd/coco/fasterrcnn_resnet18_fpn/reviewkd-detector/seed0",
}
CPU = Machine.of("cpu", "fp32", 1)
DENSE = pytest.mark.parametrize("task", RUNS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


def prepared(task, cache, **recipe):
    """Config, the first 16 and 8 pictures of its data, and its teachers, untrained."""
    run = parse_run(RUNS[task])
    plan = Plan(settings_from({"scale": "demo"}))
    config = copy.deepcopy(plan.resolve(run))
    config["recipe"] |= {"epochs": 2, "batch_size": 4, "evaluate_every": 2, **recipe}
    data = load_dataset(config["data"]["name"], config["data"]["size"], {}, "", cache)
    part = copy.copy(data)
    object.__setattr__(part, "train", data.train.chosen(list(range(16))))
    object.__setattr__(part, "test", data.test.chosen(list(range(8))))
    teachers = {role: build_student(plan.resolve(teacher), len(data.classes)) for role, teacher in plan.teachers(run).items()}
    return config, part, teachers


@DENSE
def test_a_training_that_was_stopped_ends_as_an_uninterrupted_one(task, cache, tmp_path):
    config, data, teachers = prepared(task, cache)
    machine = CPU
    whole, _ = trained(config, data, machine, tmp_path / "whole.pt", teachers)
    asked = iter([False] * 5 + [True])
    with pytest.raises(Interrupted):
        trained(config, data, machine, tmp_path / "parts.pt", teachers, stop=lambda: next(asked))
    killed(config, data, teachers, tmp_path / "killed.pt", step=5)
    for checkpoint in ("parts.pt", "killed.pt"):
        resumed, _ = trained(config, data, machine, tmp_path / checkpoint, teachers)
        assert str(resumed.curve) == str(whole.curve) and resumed.metrics == whole.metrics and resumed.status == "finished"
    assert {"segmentation": "miou", "detection": "box_ap"}[task] in whole.metrics and not whole.hits


def killed(config, data, teachers, checkpoint, step):
    """Trains in a process of its own that is killed before this step, within the second epoch."""
    asked = count()
    child = os.fork()
    if child == 0:
        try:
            trained(
                config, data, CPU, checkpoint, teachers, checkpoint_seconds=0.0, stop=lambda: next(asked) == step and kill()
            )
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL and checkpoint.exists()


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


@DENSE
def test_a_step_is_counted(task, cache):
    config, data, teachers = prepared(task, cache)
    found = count_flops(build_training(config, data, teachers, CPU))
    assert found.forward > 1e6 and found.extra > 0
    baseline = {"segmentation": "segmentation_baseline", "detection": "detection_baseline"}[task]
    alone = count_flops(build_training({**config, "method": {"name": baseline, "params": {}}}, data, {}, CPU))
    assert alone.extra == 0 and alone.forward == found.forward


def test_the_pictures_that_are_trained_on_decide_whether_a_step_can_be_divided(cache):
    config, data, teachers = prepared("detection", cache, batch_size=12)
    assert len(data.train) == 16  # the first has no box: 12 and 3 are left, of 16 pictures it would be 12 and 4
    with pytest.raises(BenchError, match="a mini-batch of 3 images cannot be divided among 2 devices"):
        build_training(config, data, teachers, CPU, group=Group(0, 2))


def test_a_step_of_several_passes_is_not_divided(cache):
    config, data, teachers = prepared("segmentation", cache, micro_batch=2)
    with pytest.raises(BenchError, match="micro_batch 2: a step of several passes cannot be divided among 2 devices"):
        build_training(config, data, teachers, CPU, group=Group(0, 2))
