"""Self-teachers: published sizes, shapes, fusion."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bench.backbones import count_parameters
from bench.methods.shared.bifpn import SelfTeacher, _Down, _Fusion

WRN_16_2 = [32, 64, 128]


@pytest.mark.parametrize(
    ("kind", "width", "parameters", "ratio"),
    [("bifpn", 1, 209_773, 0.30), ("bifpn", 2, 681_581, 0.97), ("bifpnc", 1, 134_317, 0.19), ("bifpnc", 2, 411_885, 0.59)],
)
def test_sizes_of_table_6(kind, width, parameters, ratio):
    found = count_parameters(SelfTeacher(kind, WRN_16_2, width, 100))
    assert found == parameters
    assert round(found / 703_060, 2) == ratio


def test_size_on_resnet_18():
    assert count_parameters(SelfTeacher("bifpnc", [64, 128, 256, 512], 2, 100)) == 6_375_794


@pytest.mark.parametrize(("kind", "channels"), [("bifpnc", [8, 16, 24]), ("bifpn", [24, 24, 24])])
@pytest.mark.parametrize("sizes", [(8, 4, 2), (28, 14, 7), (9, 5, 3)])
def test_refined_maps_are_as_large_as_what_they_refine(kind, channels, sizes):
    maps = [torch.randn(2, c, size, size) for c, size in zip((4, 8, 12), sizes, strict=True)]
    logits, refined = SelfTeacher(kind, [4, 8, 12], 2, 7).eval()(maps)
    assert logits.shape == (2, 7)
    assert [tuple(item.shape) for item in refined] == [(2, c, s, s) for c, s in zip(channels, sizes, strict=True)]


def test_before_the_activation_differs_by_the_activation_alone():
    teacher = SelfTeacher("bifpnc", [4, 8], 2, 3).eval()
    maps = [torch.randn(2, 4, 4, 4), torch.randn(2, 8, 2, 2)]
    logits, after = teacher(maps)
    same, before = teacher([F.relu(item) for item in maps], before_activation=True)
    assert torch.equal(logits, same)
    assert all(torch.equal(a, F.relu(b)) for a, b in zip(after, before, strict=True))
    assert any((b < 0).any() for b in before)


def test_a_fusion_averages_with_relu_weights():
    fusion = _Fusion(2, 3, 1)
    fusion.layers = nn.Identity()
    with torch.no_grad():
        fusion.weights.copy_(torch.tensor([1.0, -5.0, 3.0]))
    maps = [torch.full((1, 2, 2, 2), value) for value in (4.0, 100.0, 8.0)]
    torch.testing.assert_close(fusion(maps), torch.full((1, 2, 2, 2), 7.0))


@pytest.mark.parametrize(("size", "windows"), [(4, [(0, 3), (2, 4)]), (5, [(0, 2), (1, 4), (3, 5)])])
def test_down_sampling_keeps_the_ceiling_of_half_the_size(size, windows):
    line = torch.rand(size)
    pooled = _Down(1, None)(line.expand(1, 1, size, size))
    torch.testing.assert_close(pooled[0, 0, 0], torch.stack([line[a:b].max() for a, b in windows]))


def test_norms_are_those_that_feed_the_refined_maps():
    teacher = SelfTeacher("bifpnc", [4, 8, 8], 1, 3).eval()
    for layer in teacher.norms():
        nn.init.zeros_(layer.weight)
        nn.init.constant_(layer.bias, 2.5)
    _, refined = teacher([torch.randn(1, 4, 4, 4), torch.randn(1, 8, 2, 2), torch.randn(1, 8, 1, 1)])
    assert all((item == 2.5).all() for item in refined)


def test_logits_are_fp32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        logits, _ = SelfTeacher("bifpnc", [4, 8], 2, 3)([torch.randn(2, 4, 4, 4), torch.randn(2, 8, 2, 2)])
    assert logits.dtype == torch.float32
