"""What every registered backbone owes the methods and the tables."""

import ast
from dataclasses import replace

import pytest
import torch

from bench.methods import Clock, load_method
from bench.plan.catalogue import ROOT, backbone_facts, backbone_files
from bench.tasks import build_network, load_task

BACKBONES = sorted(backbone_files())
TASKS = {name: backbone_facts(name).get("task", "classification") for name in BACKBONES}
BASELINES = {"classification": "baseline", "segmentation": "segmentation_baseline", "detection": "detection_baseline"}
# Frozen norms are for pretrained weights, which narrow networks have none of.
OPTIONS = {"detection": {"norm": "batch", "frozen": [], "smallest_anchor": 4.0, "canonical": 18.0}}
LEAST_SIZE = {"alexnet": 63, "alexnet_short": 63, "inception_v4": 75, "inception_v4_short": 75}
WIDTH = {"densenet_bc100_k12": 0.25}  # its growth of 12 channels has no eighth
# A parameter that no pass uses, in the authors' code as here (docs/backbones.md).
UNREACHED = {"wrn16_2_frskd": 1}


@pytest.mark.parametrize("name", BACKBONES)
def test_it_trains_a_step_and_gradient_reaches_all_of_it(name):
    torch.manual_seed(0)
    task = TASKS[name]
    network = build_network(name, 5, task=task, width=WIDTH.get(name, 0.125), **OPTIONS.get(task, {})).train()
    baseline = load_method(BASELINES[task])
    batch = load_task(task).sample(torch.Generator().manual_seed(0), 4, 5)
    if name in LEAST_SIZE:
        size = LEAST_SIZE[name]
        batch = replace(batch, views=(torch.randn(4, 3, size, size),))
    step = baseline(network, baseline.Params(), 5, {})(batch, Clock(1, 1, 0, 1))
    assert step.logits.dtype == torch.float32 and torch.isfinite(step.logits).all()
    torch.stack(list(step.losses.values())).sum().backward()
    gradients = {key: item.grad for key, item in network.named_parameters()}
    assert all(torch.isfinite(item).all() for item in gradients.values() if item is not None)
    without = {key.rsplit(".", 1)[0] for key, item in gradients.items() if item is None}
    assert len(without) == UNREACHED.get(name, 0), without


@pytest.mark.parametrize("name", BACKBONES)
def test_its_state_goes_into_the_same_network_built_anew(name):
    with torch.device("meta"):
        first, second = (build_network(name, 5, task=TASKS[name]) for _ in range(2))
    assert {key: value.shape for key, value in first.net.state_dict().items()} == {
        key: value.shape for key, value in second.net.state_dict().items()
    }
    assert set(backbone_facts(name).get("stages", ())) <= {path for path, _ in first.net.named_modules()}


def test_every_backbone_has_a_count_test_and_every_count_a_backbone():
    counted = []
    for file, table in (("test_backbone_counts", "PUBLISHED"), ("test_efficientdet", "PIECES"), ("test_detector", "PIECES")):
        tree = ast.parse((ROOT / "tests" / "backbones" / f"{file}.py").read_text(encoding="utf-8"))
        counts = next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == table)
        counted += ast.literal_eval(counts)
    assert sorted(counted) == BACKBONES
