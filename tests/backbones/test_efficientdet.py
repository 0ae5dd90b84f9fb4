"""FRSKD's segmentation networks: parameters, sizes, and one BiFPN layer against the authors' code."""

from itertools import pairwise

import pytest
import torch
from projects.reference import assert_brief, normal
from torch import nn

from bench.backbones import count_parameters
from bench.backbones._bifpn import BiFPNLayer, BottomUp, TopDown, segmentation_head
from bench.backbones._registry import FACTS
from bench.backbones.efficientdet import BACKBONES, build

PIECES = {
    "efficientdet_d0": {
        "total": 4_051_217, "backbone": 3_595_388, "stem": 928, "blocks": [7_452, 26_060, 68_420, 3_492_528],
        "coarse": [184_512, 37_056], "laterals": [1_728, 2_752, 5_312, 20_672], "layers": [2_816, 2_816, 1_536],
        "node": 256, "head": 196_629, "auxiliary": 202_261,
    },
    "efficientdet_d1": {
        "total": 6_728_357, "backbone": 6_101_024, "stem": 928, "blocks": [8_064, 36_770, 99_710, 5_955_552],
        "coarse": [253_704, 69_960], "laterals": [2_376, 3_784, 7_304, 28_424], "layers": [3_872, 3_872, 2_112],
        "node": 352, "head": 251_925, "auxiliary": 259_669,
    },
}  # fmt: skip
SIDES = (16, 8, 4, 2, 1, 1)


def network(name, classes=21, **options):
    facts = {key: value for key, value in BACKBONES[name].items() if key not in FACTS}
    return build(classes, **facts, **options)


@pytest.fixture(scope="module")
def networks():
    """Narrow, in evaluation mode."""
    return {name: network(name, 6, width=0.25).eval() for name in BACKBONES}


@pytest.mark.parametrize("name", BACKBONES)
def test_every_piece_has_its_parameters(name):
    with torch.device("meta"):
        net = network(name)
    expected = PIECES[name]
    backbone = net.backbone
    flat = [block for stage in backbone.blocks for block in stage]
    cuts = [0, *(tap + 1 for tap in BACKBONES[name]["taps"])]
    assert count_parameters(net) == expected["total"]
    assert count_parameters(backbone) == expected["backbone"]
    assert count_parameters(backbone.conv_stem) + count_parameters(backbone.bn1) == expected["stem"]
    assert [sum(map(count_parameters, flat[a:b])) for a, b in pairwise(cuts)] == expected["blocks"]
    for part in ("coarse", "laterals", "layers"):
        assert [count_parameters(each) for each in getattr(net, part)] == expected[part]
    assert count_parameters(net.head) == expected["head"]
    assert count_parameters(net.layers[0].top_down.nodes[0]) == expected["node"]
    with torch.device("meta"):
        added = [BottomUp(net.width), BiFPNLayer(net.width), TopDown(net.width), segmentation_head(net.width, 256, 21)]
    assert sum(map(count_parameters, added)) == expected["auxiliary"]


def test_norms_have_the_statistics_of_the_code():
    net = network("efficientdet_d0", width=0.25)
    kinds = {(norm.eps, norm.momentum) for norm in net.backbone.modules() if isinstance(norm, nn.BatchNorm2d)}
    neck = {(norm.eps, norm.momentum) for part in (net.coarse, net.laterals, net.head) for norm in norms(part)}
    nodes = {(norm.eps, norm.momentum) for norm in norms(net.layers)}
    assert (kinds, neck, nodes) == ({(1e-3, 0.01)}, {(1e-4, 0.997)}, {(1e-5, 0.1)})
    assert {norm.momentum for norm in norms(network("efficientdet_d0", width=0.25, bn_momentum=0.003).head)} == {0.003}


def norms(part):
    return [module for module in part.modules() if isinstance(module, nn.BatchNorm2d)]


def test_running_statistics_are_those_of_the_last_batch():
    norm = norms(network("efficientdet_d0", width=0.25).head)[0].train()
    for mean in range(5):
        norm(torch.randn(4, norm.num_features, 8, 8) + mean)
    assert float(norm.running_mean.mean()) == pytest.approx(4.0, abs=0.1)


def test_the_stem_has_no_activation(networks):
    backbone = networks["efficientdet_d0"].backbone
    with torch.no_grad():
        assert float(backbone.bn1(backbone.conv_stem(torch.randn(1, 3, 64, 64))).min()) < -0.3  # swish has no value below


@pytest.mark.parametrize("pixels", [64, 96, 128, 512])
def test_levels_halve_and_logits_have_the_images_size(networks, pixels):
    net = networks["efficientdet_d0"]
    with torch.no_grad():
        taps = net.look(torch.randn(1, 3, pixels, pixels))
    sides = {64: [16, 8, 4, 2, 1, 1], 96: [24, 12, 6, 3, 2, 1], 128: [32, 16, 8, 4, 2, 1], 512: [128, 64, 32, 16, 8, 4]}[pixels]
    for levels in (taps.entering, taps.refined):
        assert [tuple(level.shape) for level in levels] == [(1, 16, side, side) for side in sides]
    assert taps.logits.shape == (1, 6, pixels, pixels)


def test_taps_are_the_first_block_of_their_stage_and_the_last_of_all(networks):
    """Spied on timm's own blocks."""
    net = networks["efficientdet_d1"]
    flat = [block for stage in net.backbone.blocks for block in stage]
    seen = []
    hooks = [block.register_forward_hook(lambda module, inputs, output: seen.append(output)) for block in flat]
    with torch.no_grad():
        taken = net.backbone(torch.randn(1, 3, 64, 64))
    for hook in hooks:
        hook.remove()
    assert [tuple(item.shape[2:]) for item in taken] == [(16, 16), (8, 8), (4, 4), (2, 2)]
    assert all(a is b for a, b in zip(taken, (seen[2], seen[5], seen[8], seen[22]), strict=True))


@pytest.mark.parametrize("name", ["efficientdet_d0", "efficientdet_d1"])
def test_short_networks_tap_the_same_channels_at_the_same_strides(name):
    net = network(name, 6, width=0.25, most_blocks=1)
    assert sum(len(stage) for stage in net.backbone.blocks) == 7 and net.backbone.taps == [1, 2, 3, 6]
    maps = net.backbone(torch.zeros(2, 3, 64, 64))
    assert [(item.shape[1], item.shape[2]) for item in maps] == [(6, 16), (10, 8), (20, 4), (80, 2)]


def test_narrow_networks_have_the_counts_of_their_scale(networks):
    assert count_parameters(networks["efficientdet_d0"]) == 298_975


VALUES = {  # of the authors' code: value, sums of the outputs, sum and length of the gradients with respect to P2..P7
    False: (
        1580.2280779467703,
        [826.8297356709124, 226.29971250993893, 61.30852249981164, 15.039456435671719, 4.955040630617355, 5.323386810128602],
        [20.88551444503383, 35.341362675299195, 31.31591226458886, 21.610918867204003, 1.3465277568228835, 0.0191439508347367],
    ),
    True: (
        1608.2479853277778,
        [826.8297356709124, 250.703012128094, 56.244452197187755, 14.384114546067156, 4.900650044655859, 4.873193400261018],
        [
            17.400759441471546,
            26.785069355135228,
            25.000996346081063,
            17.440143500185425,
            5.567048684946886,
            0.03362087306389388,
        ],
    ),
}


@pytest.mark.parametrize("last", [False, True])
def test_a_layer_equals_the_authors_code(last):
    layer = (TopDown(5) if last else BiFPNLayer(5)).double()
    top_down = layer if last else layer.top_down
    nodes = [*reversed(top_down.nodes), *(() if last else layer.bottom_up.nodes)]
    with torch.no_grad():
        for index, (convolution, norm, _) in enumerate(nodes):
            convolution.weight.copy_((1 + normal(1100 + 4 * index, 5, scale=0.5)).view(5, 1, 1, 1))
            convolution.bias.copy_(normal(1101 + 4 * index, 5, scale=0.3))
            norm.weight.copy_(1 + normal(1102 + 4 * index, 5, scale=0.2))
            norm.bias.copy_(normal(1103 + 4 * index, 5, scale=0.2))
    levels = [normal(1031 + i, 2, 5, side, side).abs().requires_grad_() for i, side in enumerate(SIDES)]
    outputs = layer(levels)
    value = sum((i + 1) * output.sum() for i, output in enumerate(outputs))
    expected, sums, lengths = VALUES[last]
    assert value.item() == pytest.approx(expected, rel=1e-9)
    assert [output.sum().item() for output in outputs] == pytest.approx(sums, rel=1e-9)
    for gradient, length in zip(torch.autograd.grad(value, levels), lengths, strict=True):
        assert_brief(gradient, 0.0, length)  # batch norm takes the sum out
    means = top_down.nodes[0][1].running_mean[:3].tolist()
    assert means == pytest.approx([0.13502244122682247, 0.10723207226520853, 0.20871167861906237], rel=1e-9)


def test_a_checkpoint_gives_the_same_logits():
    torch.manual_seed(0)
    first, second = network("efficientdet_d0", 6, width=0.25).eval(), network("efficientdet_d0", 6, width=0.25).eval()
    second.load_state_dict(first.state_dict())
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(first(images), second(images))
