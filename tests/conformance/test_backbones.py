"""What every registered backbone owes the methods and the tables."""

import ast

import pytest
import torch

from bench.plan.catalogue import ROOT, backbone_facts, backbone_files
from bench.tasks import build_network

BACKBONES = sorted(backbone_files())
LEAST_SIZE = {"alexnet": 63, "inception_v4": 75}
WIDTH = {"densenet_bc100_k12": 0.25}  # its growth of 12 channels has no eighth
# A parameter that no pass uses, in the authors' code as here (docs/backbones.md).
UNREACHED = {"wrn16_2_frskd": 1}


@pytest.mark.parametrize("name", BACKBONES)
def test_it_trains_a_step_and_gradient_reaches_all_of_it(name):
    torch.manual_seed(0)
    network = build_network(name, 5, width=WIDTH.get(name, 0.125)).train()
    size = LEAST_SIZE.get(name, 32)
    logits = network(torch.randn(4, 3, size, size))
    assert logits.shape == (4, 5) and logits.dtype == torch.float32 and torch.isfinite(logits).all()
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 3])).backward()
    gradients = {key: item.grad for key, item in network.named_parameters()}
    assert all(torch.isfinite(item).all() for item in gradients.values() if item is not None)
    without = {key.rsplit(".", 1)[0] for key, item in gradients.items() if item is None}
    assert len(without) == UNREACHED.get(name, 0), without


@pytest.mark.parametrize("name", BACKBONES)
def test_its_state_goes_into_the_same_network_built_anew(name):
    with torch.device("meta"):
        first, second = build_network(name, 5), build_network(name, 5)
    assert {key: value.shape for key, value in first.net.state_dict().items()} == {
        key: value.shape for key, value in second.net.state_dict().items()
    }
    assert set(backbone_facts(name).get("stages", ())) <= {path for path, _ in first.net.named_modules()}


def test_every_backbone_has_a_count_test_and_every_count_a_backbone():
    tree = ast.parse((ROOT / "tests" / "backbones" / "test_backbone_counts.py").read_text(encoding="utf-8"))
    counts = next(node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "PUBLISHED")
    assert sorted(ast.literal_eval(counts)) == BACKBONES
