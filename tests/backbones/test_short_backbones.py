"""Short forms of torchvision's networks: they answer test images after as few steps as a demo makes."""

import pytest
import torch
from torch import nn

from bench.plan.catalogue import backbone_facts, backbone_files
from bench.tasks import build_network

SHORT = sorted(name for name in backbone_files() if name.endswith("_short"))
STEPS = 12


def statistics_error(name):
    """How far the running variances are from a batch's after a few batches of the same images, the worst layer's share."""
    torch.manual_seed(0)
    network = build_network(name, 3, width=0.125)
    images = 3 * torch.randn(8, 3, 32, 32)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for _ in range(STEPS):
        network(images)
    after = [norm.running_var.clone() for norm in norms]
    for norm in norms:
        norm.momentum = 1.0
    network(images)
    errors = [(was - norm.running_var).abs() / (norm.running_var + 1e-3) for was, norm in zip(after, norms, strict=True)]
    return max(float(error.max()) for error in errors)


@pytest.mark.parametrize("short", ["resnet18_short", "densenet121_short"])
def test_statistics_are_settled_after_a_dozen_steps_where_torchvision_s_are_not(short):
    assert statistics_error(short) < statistics_error(short.removesuffix("_short")) / 10


def test_every_short_form_is_of_a_registered_network_and_has_its_stages():
    assert {name.removesuffix("_short") for name in SHORT} <= set(backbone_files())
    for name in SHORT:
        assert backbone_facts(name).get("stages") == backbone_facts(name.removesuffix("_short")).get("stages")


def test_no_two_vggs_are_the_same_and_each_is_shorter_than_the_paper_s():
    layers = {name: convolutions(name) for name in ("vgg11_bn", "vgg16_bn", "vgg19_bn")}
    short = {name: convolutions(f"{name}_short") for name in layers}
    assert (short, layers) == (
        {"vgg11_bn": 5, "vgg16_bn": 8, "vgg19_bn": 10},
        {"vgg11_bn": 8, "vgg16_bn": 13, "vgg19_bn": 16},
    )


def convolutions(name):
    return sum(isinstance(module, nn.Conv2d) for module in build_network(name, 3, width=0.125).modules())
