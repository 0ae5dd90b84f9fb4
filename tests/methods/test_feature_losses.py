"""Distances between stage features against float64 references."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bench.methods.shared.feature_losses import (
    HintTerm,
    OverhaulTerm,
    build_feature_term,
    mean_discrepancy,
    negative_mean,
    overhaul_distance,
)


def norm(gamma, beta):
    layer = nn.BatchNorm2d(len(gamma))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    return layer


def test_a_fresh_norm_s_margin_is_minus_root_2_over_pi():
    assert float(negative_mean(nn.BatchNorm2d(1))) == pytest.approx(-0.797885, abs=1e-6)


@pytest.mark.parametrize(("gamma", "beta"), [(0.7, 0.3), (-1.3, 0.2), (2.0, -1.5), (0.5, 1.4)])
def test_margins_are_the_mean_of_the_negative_half(gamma, beta):
    grid = torch.linspace(-30, 0, 3_000_001, dtype=torch.float64)
    density = torch.exp(-0.5 * ((grid - beta) / gamma) ** 2)
    expected = float((grid * density).sum() / density.sum())
    assert float(negative_mean(norm([gamma], [beta]))) == pytest.approx(expected, abs=1e-4)


def test_a_channel_that_is_hardly_ever_negative_gets_three_sd():
    assert negative_mean(norm([0.5, 0.0], [4.0, 0.0])).tolist() == [-1.5, 0.0]


def test_overhaul_distance_by_hand():
    margin = torch.tensor([-0.5])
    student = torch.tensor([2.0, -3.0, 1.0, -0.2]).reshape(1, 1, 2, 2).requires_grad_()
    teacher = torch.tensor([1.0, -2.0, -2.0, -0.1]).reshape(1, 1, 2, 2).requires_grad_()
    # (2-1)^2; below the margin's target: nothing; (1+0.5)^2; -0.2 below -0.1 which is not positive: nothing.
    loss = overhaul_distance(student, teacher, margin)
    loss.backward()
    assert loss.item() == pytest.approx(1 + 2.25)
    assert student.grad.flatten().tolist() == [2.0, 0.0, 3.0, 0.0]
    assert teacher.grad is None


def test_overhaul_distance_is_a_sum_per_image():
    draw = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(4, 3, 5, 5, generator=draw, dtype=torch.float64) for _ in range(2))
    margin = torch.tensor([-0.5, -0.1, -1.0], dtype=torch.float64)
    expected = 0.0
    for n in range(4):
        for c in range(3):
            for s, t in zip(student[n, c].flatten().tolist(), teacher[n, c].flatten().tolist(), strict=True):
                target = max(t, float(margin[c]))
                expected += (s - target) ** 2 if s > target or target > 0 else 0.0
    assert float(overhaul_distance(student, teacher, margin)) == pytest.approx(expected / 4)


def test_overhaul_halves_the_weight_per_stage_towards_the_image():
    term = OverhaulTerm([2, 2, 2], [3, 3, 3], [nn.BatchNorm2d(3) for _ in range(3)]).train()
    maps, targets = [torch.randn(4, 2, 4, 4) for _ in range(3)], [torch.randn(4, 3, 4, 4) for _ in range(3)]
    parts = [
        overhaul_distance(connector(ours), theirs, torch.full((3,), -math.sqrt(2 / math.pi)))
        for connector, ours, theirs in zip(term.connectors, maps, targets, strict=True)
    ]
    torch.testing.assert_close(term(maps, targets), parts[0] / 4 + parts[1] / 2 + parts[2])


def test_margins_can_be_refreshed():
    layers = [nn.BatchNorm2d(3)]
    term = OverhaulTerm([2], [3], layers)
    with torch.no_grad():
        layers[0].bias.add_(1.0)
    assert torch.equal(term.margin0, negative_mean(nn.BatchNorm2d(3)))
    term.refresh(layers)
    assert torch.equal(term.margin0, negative_mean(layers[0]))


def test_hints_are_means_over_all_elements_summed_over_stages():
    term = HintTerm([2, 3], [4, 5]).train()
    maps = [torch.randn(4, 2, 4, 4), torch.randn(4, 3, 2, 2)]
    targets = [torch.randn(4, 4, 4, 4).requires_grad_(), torch.randn(4, 5, 2, 2).requires_grad_()]
    expected = 0.0
    for regressor, ours, theirs in zip(term.regressors, maps, targets, strict=True):
        raw = F.conv2d(ours.double(), regressor[0].weight.double())
        mean, variance = raw.mean((0, 2, 3), keepdim=True), raw.var((0, 2, 3), unbiased=False, keepdim=True)
        expected = expected + (((raw - mean) / (variance + 1e-5).sqrt()).clamp(min=0) - theirs.detach()).pow(2).mean()
    loss = term(maps, targets)
    loss.backward()
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=1e-7)
    assert all(target.grad is None for target in targets)


@pytest.mark.parametrize(("kind", "before"), [("at", False), ("fitnet", False), ("overhaul", True)])
def test_only_the_overhaul_looks_before_the_activation(kind, before):
    assert build_feature_term(kind, [2], [3], [nn.BatchNorm2d(3)]).before_activation is before


def test_mean_discrepancy_by_hand():
    first = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    second = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    loss = mean_discrepancy(first, second)  # means (2, 3) and (0, 1)
    loss.backward()
    assert loss.item() == 8.0
    assert first.grad.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert mean_discrepancy(first, first.flip(0)).item() == 0.0
