"""What a cluster is asked for."""

import pytest

from bench.plan import BenchError, Plan, settings_from
from bench.plan.costs import devices
from bench.plan.estimate import Estimates
from bench.plan.limits import Limits


def runs_of(plan, dataset="fusar", backbone="resnet50", variant="dlb", seeds=(0,)):
    return [plan.cell("drrnet", dataset, backbone, variant).run(seed) for seed in seeds]


def test_limits_leave_room_above_the_estimate_and_grow_with_the_attempt():
    plan = Plan(settings_from({"scale": "paper"}))
    runs, limits = runs_of(plan), Limits(plan)
    estimate = Estimates(plan, devices()["cpu"]).of(runs[0])
    assert 1.5 * estimate.memory_mb <= limits.memory_mb(runs) < 1.5 * estimate.memory_mb + 100
    assert limits.minutes(runs) * 60 > 3 * estimate.seconds
    assert limits.memory_mb(runs, 2) == pytest.approx(1.5 * limits.memory_mb(runs), abs=100)
    assert limits.minutes(runs, 3) == 3 * limits.minutes(runs)
    assert limits.gpus(runs) == 0


def test_seeds_of_a_job_add_up_in_time_and_not_in_memory():
    limits = Limits(plan := Plan(settings_from({"scale": "paper"})))
    one, five = runs_of(plan), runs_of(plan, seeds=range(5))
    assert limits.memory_mb(five) == limits.memory_mb(one)
    assert limits.minutes(five) > 4 * limits.minutes(one)


def test_a_gpu_is_asked_for_where_there_are_some_and_its_times_count():
    slow, fast = (Plan(settings_from({"scale": "paper", "gpus": gpus})) for gpus in (0, 1))
    assert Limits(fast).gpus(runs_of(fast)) == 1
    assert Limits(fast).minutes(runs_of(fast)) < Limits(slow).minutes(runs_of(slow)) / 10
    by_hand = Plan(settings_from({"scale": "paper", "gpus": 1, "reference_device": "cpu"}))
    assert Limits(by_hand).minutes(runs_of(by_hand)) == Limits(slow).minutes(runs_of(slow))


def test_a_divided_run_asks_for_its_devices_and_a_shorter_time():
    whole, divided = (Plan(settings_from({"scale": "paper", "gpus": 8, "devices_per_run": {"fusar": n}})) for n in (1, 4))
    assert Limits(divided).gpus(runs_of(divided)) == 4
    assert Limits(divided).gpus(runs_of(divided, "opensarship", "resnet18")) == 1
    assert Limits(divided).minutes(runs_of(divided)) < Limits(whole).minutes(runs_of(whole))
    assert Limits(divided).memory_mb(runs_of(divided)) == pytest.approx(4 * Limits(whole).memory_mb(runs_of(whole)), rel=0.02)
    assert divided.resolve(runs_of(divided)[0])["devices"] == 4 and "devices" not in whole.resolve(runs_of(whole)[0])


def test_an_unknown_device_is_one_line():
    plan = Plan(settings_from({"reference_device": "a1000"}))
    with pytest.raises(BenchError, match=r"reference device 'a1000'; did you mean 'a100'\? allowed: a100, cpu"):
        Limits(plan).minutes(runs_of(plan))
