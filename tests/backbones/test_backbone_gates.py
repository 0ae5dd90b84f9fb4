"""Residual blocks that can be scaled or left out, and the forms of the shortcut."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bench.backbones import Network
from bench.plan import BenchError
from bench.tasks import build_network

Narrow = Callable[..., Network]
Images = Callable[..., Tensor]
GATED = ["resnet20_cifar", "resnet110_bottleneck_cifar", "wrn16_2", "wrn16_2_frskd"]


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("resnet32_cifar", 15),
        ("resnet50_cifar", 24),
        ("resnet110_bottleneck_cifar", 36),
        ("resnet110_cifar", 54),
        ("wrn16_2", 6),
    ],
)
def test_blocks_come_in_order_and_complete(name: str, blocks: int) -> None:
    with torch.device("meta"):
        network = build_network(name, 10)
    found = network.residual_blocks()
    assert len(found) == blocks
    assert all(block.gate == 1.0 for block in found)
    widths = [block.conv2.out_channels for block in found]
    assert widths == sorted(widths)


@pytest.mark.parametrize("name", GATED)
def test_gates_at_one_are_the_plain_network_and_no_state(name: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(name).eval(), images_for(name)
    keys = list(network.state_dict())
    with torch.no_grad():
        plain = network(images)
        for block in network.residual_blocks():
            block.gate = 0.5
        assert not torch.equal(network(images), plain)
        for block in network.residual_blocks():
            block.gate = 1.0
        assert torch.equal(network(images), plain)
    assert list(network.state_dict()) == keys


@pytest.mark.parametrize("name", GATED)
def test_a_closed_gate_computes_only_the_shortcut(name: str, narrow: Narrow, images_for: Images) -> None:
    network, images = narrow(name), images_for(name)
    blocks = network.residual_blocks()
    for block in blocks:
        block.gate = 0.0
    network(images).sum().backward()
    for block in blocks:
        assert block.conv2.weight.grad is None
        assert block.bn2.num_batches_tracked == 0
        for projection in [
            module for module in block.modules() if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1)
        ]:
            if projection not in (block.conv1, getattr(block, "conv3", None)):
                assert projection.weight.grad is not None


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet110_bottleneck_cifar"])
@pytest.mark.parametrize("gate", [0.0, 0.3, 1.0])
def test_a_gate_scales_the_residual_before_the_activation(name: str, gate: float, narrow: Narrow) -> None:
    for block in narrow(name).eval().residual_blocks():
        channels = block.conv1.in_channels
        maps = torch.randn(2, channels, 8, 8)
        block.gate = gate
        with torch.no_grad():
            outgoing = block.residual(maps)
            expected = torch.relu(block.skip(maps, outgoing.shape[1]) + gate * outgoing)
            assert torch.allclose(block(maps), expected, atol=1e-6)


@pytest.mark.parametrize("gate", [0.0, 0.3, 1.0])
def test_a_gate_scales_a_wide_residual(gate: float, narrow: Narrow) -> None:
    for block in narrow("wrn16_2").eval().residual_blocks():
        maps = torch.randn(2, block.conv1.in_channels, 8, 8)
        block.gate = gate
        with torch.no_grad():
            activated = torch.relu(block.bn1(maps))
            shortcut = maps if block.shortcut is None else block.shortcut(activated)
            assert torch.allclose(block(maps), shortcut + gate * block.residual(activated), atol=1e-6)


def test_a_closed_identity_block_of_a_resnet_passes_its_input_on(narrow: Narrow) -> None:
    block = narrow("resnet20_cifar").residual_blocks()[1]
    block.gate = 0.0
    maps = torch.rand(2, 4, 8, 8)
    assert torch.equal(block(maps), maps)


@pytest.mark.parametrize("options", [{"shortcut": "A"}, {"avgpool_down": True}])
def test_shortcuts_without_parameters_subsample_and_append_zeros(options: dict[str, object], images_for: Images) -> None:
    network = build_network("resnet20_cifar", 10, **options)
    assert network.stage_shapes(32) == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    block = network.residual_blocks()[3]
    maps = torch.rand(2, 16, 8, 8)
    step = 1 if "avgpool_down" in options else 2
    shortcut = block.skip(maps, 32)
    assert torch.equal(shortcut[:, :16], maps[:, :, ::step, ::step])
    assert shortcut[:, 16:].abs().sum() == 0
    trunk, tail = network.split()
    network.eval()
    images = images_for("resnet20_cifar")
    with torch.no_grad():
        assert torch.equal(tail(trunk(images)), network(images))
    narrow_network = build_network("resnet20_cifar", 10, width=0.25, **options)
    assert torch.isfinite(narrow_network(images)).all()


def test_networks_that_are_not_ours_have_no_gates(narrow: Narrow) -> None:
    with pytest.raises(BenchError, match=r"ResNet: has no gated residual blocks"):
        narrow("resnet18_cifar").residual_blocks()
