"""Copies with weights of their own."""

import torch
from torch import nn

from bench.methods.shared.branches import fresh_copy


def test_weights_are_another_draw_of_the_same_distribution_and_constants_stay():
    torch.manual_seed(0)
    part = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
    twin = fresh_copy(part)
    assert not torch.equal(part[0].weight, twin[0].weight)
    assert torch.equal(part[0].weight.flatten().sort().values, twin[0].weight.flatten().sort().values)
    assert torch.equal(twin[1].weight, torch.ones(8))
    assert twin[0].weight.is_leaf and twin[0].weight.requires_grad


def test_the_seed_fixes_the_copy_and_the_original_is_left_alone():
    part = nn.Linear(4, 3)
    before = part.weight.clone()
    copies = []
    for _ in range(2):
        torch.manual_seed(7)
        copies.append(fresh_copy(part).weight)
    assert torch.equal(*copies)
    assert torch.equal(part.weight, before)
