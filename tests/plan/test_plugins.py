"""Datasets, backbones and papers of one's own: found by name, covered by the fingerprint, refused where a name is taken."""

import importlib
import sys

import pytest

import bench.backbones  # noqa: F401  (seconds, which the first test would wait for)
from bench.plan import BenchError, Plan, load_settings
from bench.plan.catalogue import backbone_facts, backbone_files, dataset_files
from bench.plan.plugins import kind_of
from bench.records.fingerprint import fingerprint, source_digests

BACKBONE = """
from torch import nn

import {beside}

BACKBONES = {{"{name}": {{"channels": 8, "stages": ["0"]}}}}


def build(num_classes, *, channels):
    return nn.Sequential(nn.Conv2d(3, channels, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes))
"""
PAPER = """
title: A paper
short: Mine
citation: us
repeats: 3
labels: {{cifar10: CIFAR-10}}
recipes:
  cifar10: {{image_size: 32, augmentation: [], normalise: {{mean: [0.5], std: [0.5]}}, optimiser: {{name: sgd, lr: 0.1}},
             schedule: {{name: cosine}}, epochs: 2, batch_size: 8, selection: last}}
variants: {{baseline: {{method: baseline, label: Baseline}}, lsr: {{method: lsr, label: LSR}}}}
tables:
  table1: {{title: T, baseline: baseline, blocks: [{{dataset: cifar10, columns: {{backbone: [{name}]}},
            rows: {{variant: [baseline, lsr]}}}}]}}
"""


@pytest.fixture(autouse=True)
def forgotten():
    """Other tests know none of these plug-ins."""
    path = list(sys.path)
    yield
    load_settings()
    sys.path[:] = path


@pytest.fixture
def plugins(tmp_path):
    (tmp_path / "lies_beside_net.py").write_text("WIDTH = 8\n")
    (tmp_path / "own_net.py").write_text(BACKBONE.format(name="own_net", beside="lies_beside_net"))
    (tmp_path / "own_paper.yaml").write_text(PAPER.format(name="own_net"))
    return [str(tmp_path / name) for name in ("own_net.py", "own_paper.yaml")]


def settings(plugins, *more):
    return load_settings([f"plugins={plugins}", *more])


def test_they_are_found_by_name_and_gone_with_the_settings(plugins, tmp_path):
    found = settings(plugins, "scale=paper")
    assert backbone_files()["own_net"] == tmp_path / "own_net.py" and backbone_facts("own_net")["channels"] == 8
    assert importlib.import_module("bench.backbones.own_net").__file__ == str(tmp_path / "own_net.py")
    plan = Plan(found)
    assert "own_paper" in plan.papers and len(plan.runs_of("own_paper/table1")) == 10
    assert found.reported_file("own_paper", "table1") == tmp_path / "own_paper" / "table1.csv"
    assert found.reported_file("drrnet", "table2").is_file()
    load_settings()
    assert "own_net" not in backbone_files()


def test_the_fingerprint_covers_the_file_and_what_lies_beside_it(plugins, tmp_path):
    def mark():
        plan = Plan(settings(plugins, "scale=paper"))
        return fingerprint(plan, run)["code"]

    plan = Plan(settings(plugins, "scale=paper"))
    run = plan.runs_of("own_paper/table1")[0]
    assert {"own_net.py", "lies_beside_net.py"} <= set(source_digests(plan.resolve(run)))
    before = mark()
    (tmp_path / "lies_beside_net.py").write_text("WIDTH = 16\n")
    assert mark() != before


def test_kinds_are_told_by_ending_and_literal(plugins, tmp_path):
    assert [kind_of(plugin) for plugin in plugins] == ["backbones", "paper"]
    (tmp_path / "data.py").write_text("DATASETS = {}\n")
    assert kind_of(str(tmp_path / "data.py")) == "data"
    with pytest.raises(BenchError, match=r"no such Python file \(.py\) or paper"):
        kind_of(str(tmp_path / "nothing.py"))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("cifar_resnet.py", "BACKBONES = {'x': {}}", "has a 'cifar_resnet' already"),
        ("store.py", "DATASETS = {'x': {}}", "has a 'store' already"),
        ("drrnet.yaml", "", "a paper called 'drrnet' exists already"),
        ("another.py", "BACKBONES = {'resnet18': {}}", "which .* has too"),
    ],
)
def test_a_name_that_is_taken_is_refused(tmp_path, file, content, message):
    (tmp_path / file).write_text(content)
    with pytest.raises(BenchError, match=message):
        Plan(settings([str(tmp_path / file)])).papers and (backbone_files(), dataset_files())
