"""The estimates: complete, right where they can be checked by hand or against records, and quick."""

import csv
import json
import runpy
import shutil
import statistics
import time
from dataclasses import replace

import pytest

from bench.plan import Plan, settings_from
from bench.plan import costs as costs_room
from bench.plan.catalogue import ROOT, backbone_files, dataset_files
from bench.plan.costs import UNKNOWN_SIZE, backbone_costs, counted_or_stand_in, dataset_size, devices
from bench.plan.estimate import Estimates


@pytest.fixture
def one_paper(tmp_path):
    """A folder that holds DRRNet-SKD alone."""
    folder = tmp_path / "papers"
    folder.mkdir()
    shutil.copy(ROOT / "config" / "papers" / "drrnet.yaml", folder)
    return str(folder)


def estimates(scale, device="cpu", **settings):
    return Estimates(Plan(settings_from({"scale": scale, **settings})), devices()[device])


def run_of(made, dataset, backbone, variant):
    return made.plan.cell("drrnet", dataset, backbone, variant).run(0)


def test_every_backbone_was_counted():
    assert set(backbone_costs()) == set(backbone_files()), "run python benchmarks/backbone_costs.py"


def test_a_backbone_that_nobody_counted_is_planned_as_a_middling_one(monkeypatch):
    costs = backbone_costs()
    monkeypatch.setattr(costs_room, "backbone_costs", lambda: {name: costs[name] for name in costs if name != "resnet20_cifar"})
    assert counted_or_stand_in({"name": "resnet20_cifar"}) == costs["resnet50"]


def test_a_shortened_backbone_is_not_taken_for_the_whole_one():
    whole = backbone_costs()["resnet110_cifar"]
    short = counted_or_stand_in({"name": "resnet110_cifar", "options": {"depth": 14}})
    assert (short.layers, whole.layers) == (49, 385) and short.convolution_flops < whole.convolution_flops / 9
    assert counted_or_stand_in({"name": "resnet110_cifar", "options": {"depth": 20}}) == whole  # which nobody counted


def test_whatever_the_demo_shortens_was_counted():
    made = estimates("demo")
    for name, overlay in made.plan.scale.backbones.items():
        if "backbone" in overlay:
            assert counted_or_stand_in({"name": name, "options": overlay["backbone"]}).options, f"{name}: see benchmarks"


def test_counts_are_the_published_ones():
    """A CIFAR ResNet's by hand; ResNet-50's 4.09 G multiply-adds and VGG-16's 15.35 G (convolutions); exact parameters."""
    costs = backbone_costs()
    stem, blocks = 3 * 16 * 9 * 1024, 0
    for width, incoming, area in ((16, 16, 1024), (32, 16, 256), (64, 32, 64)):
        blocks += (incoming * width * 9 + 9 * width * width * 5) * area  # three blocks of two convolutions
        blocks += incoming * width * area if incoming != width else 0  # projection
    assert costs["resnet20_cifar"].convolution_flops == 2 * (stem + blocks)
    assert costs["resnet20_cifar"].linear_flops == 2 * 64 * 100
    assert costs["resnet50"].convolution_flops / 2e9 == pytest.approx(4.09, abs=0.02)
    assert costs["vgg16_bn"].convolution_flops / 2e9 == pytest.approx(15.35, abs=0.05)
    assert costs["resnet32_cifar"].parameters == 472_756
    assert costs["resnet50"].parameters + 900 * costs["resnet50"].parameters_per_class == 25_557_032


@pytest.mark.parametrize(("name", "options"), [("resnet20_cifar", {}), ("wrn16_2", {}), ("wrn16_2", {"depth": 10})])
def test_the_data_file_is_what_the_script_counts(name, options):
    script = runpy.run_path(str(ROOT / "benchmarks" / "backbone_costs.py"))
    assert vars(script["measured"](name, options=options)) == vars(counted_or_stand_in({"name": name, "options": options}))


@pytest.mark.parametrize(("scale", "cells"), [("laptop", 15), ("demo", 50)])
def test_stored_trainings_took_what_the_calibrated_device_takes(scale, cells):
    """The records that the CPU was fitted to, and those of narrow, shortened networks: all within 2, half within 20 %."""
    made = estimates(scale)
    measured = {}
    with (ROOT / "results" / "stored" / scale / "drrnet.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            facts = (float(row["cost_train_seconds"]), int(row["data_train"]), int(row["data_test"]))
            measured.setdefault((row["dataset"], row["backbone"], row["variant"]), []).append(facts)
    ratios = []
    for cell, rows in measured.items():
        train, test = rows[0][1:]
        run = run_of(made, *cell)
        name = made.plan.resolve(run)["data"]["name"]
        made._sizes[name] = replace(dataset_size(name), train=train, test=test)
        seconds = made.of(run).seconds - made.start(run)
        ratios.append(seconds / statistics.median(seconds for seconds, *_ in rows))
    assert len(ratios) == cells
    assert all(1 / 2 < ratio < 2 for ratio in ratios), ratios
    assert statistics.median(abs(ratio - 1) for ratio in ratios) < 0.2, ratios


def test_a_start_is_shared_by_what_one_process_trains_and_is_a_fork_s_where_trainings_are_forks():
    made, alone = estimates("demo"), estimates("demo", preload="no")
    run = run_of(made, "fusar", "resnet50", "dlb")
    assert (made.start(run), alone.start(run)) == pytest.approx((1.2 / 5, 5 / 5))
    assert estimates("demo", "a100").start(run) == estimates("demo", "a100", gpus=1).start(run) == 15 / 5
    depth = made.plan.cell("generations", "cifar100", "resnet56_cifar", "baseline").run(0)
    assert made.start(depth) == pytest.approx(1.2 / 7 / 2)  # seven depths in one process, two seeds each
    assert estimates("demo", array_jobs=True).start(depth) == pytest.approx(5 / 2)  # on a cluster, each depth a job of its own


def test_memory_is_what_the_stored_trainings_took():
    made = estimates("laptop")
    for backbone, low, high in (("alexnet", 2100, 2600), ("densenet121", 900, 1200), ("resnet18", 1000, 1250)):
        assert low <= made.of(run_of(made, "opensarship", backbone, "baseline")).memory_mb <= high


def test_methods_teachers_and_epochs_cost_what_they_do():
    made = estimates("paper")

    def seconds(variant):
        return made.of(run_of(made, "fusar", "resnet50", variant)).seconds - made.start(
            run_of(made, "fusar", "resnet50", variant)
        )

    base = seconds("baseline")
    assert seconds("dlb") == pytest.approx(2 * base, rel=0.12)  # evaluation and the optimiser's step are not doubled
    assert seconds("tfkd") == pytest.approx(4 / 3 * base, rel=0.05)
    assert seconds("baseline-2x-epochs") == pytest.approx(2 * base, rel=1e-6)


def test_a_gpu_holds_the_network_and_the_host_holds_the_rest():
    cpu, gpu = (estimates("paper", name) for name in ("cpu", "a100"))
    run = run_of(cpu, "fusar", "vgg19_bn", "drrnet")
    assert cpu.of(run).device_memory_mb == 0
    assert gpu.of(run).device_memory_mb > 4000  # 1.1 GB of weights and states, 32 images of 140 MB
    assert gpu.of(run).seconds < cpu.of(run).seconds / 50
    assert cpu.of(run).checkpoint_mb == pytest.approx(3 * 139_589_442 * 4 / 2**20, rel=0.01)  # weights and Adam's two states


def test_devices_say_whether_they_were_measured():
    assert devices()["cpu"].measured and not devices()["a100"].measured
    assert "assumed" in devices()["a100"].title
    assert all(device.basis for device in devices().values())


def test_every_data_set_has_a_size():
    for name in dataset_files():
        assert dataset_size(name) is not UNKNOWN_SIZE, f"give {name} a line in bench/plan/dataset_sizes.csv"


def test_ten_thousand_runs_are_estimated_in_seconds(one_paper):
    made = estimates("paper", seeds=list(range(200)), papers_dir=one_paper)
    runs = made.plan.runs_of("all")
    began = time.process_time()
    assert made.seconds(runs) > 0
    assert len(runs) > 10_000 and time.process_time() - began < 2


def test_plan_all_says_runs_shared_runs_teachers_and_hours(one_paper, tmp_path, monkeypatch, capsys):
    from bench.cli.planning import show_plan

    monkeypatch.chdir(tmp_path)
    show_plan("all", settings=["scale=paper", f"papers_dir={one_paper}"])
    text = capsys.readouterr().out
    assert "305 trainings in 61 cells; 0 done" in text
    assert "100 of them teach others" in text
    assert "85 stand in several tables or figures and are trained once, which spares 120 trainings" in text
    assert "cpu, hours" in text and "one NVIDIA A100, assumed (not measured)" in text
    assert "number of images of fusar, opensarship is an assumption" in text
    show_plan("figureR1", as_json=True, settings=["scale=demo", f"papers_dir={one_paper}"])
    facts = json.loads(capsys.readouterr().out)
    assert facts[0]["estimates"].keys() == set(devices()) and facts[0]["estimates"]["cpu"]["seconds"] > 0
