"""SAD."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.sad import SelfAttention, attention_distance


def test_distance_equals_a_float64_reference_and_the_deeper_map_is_a_constant():
    draw = torch.Generator().manual_seed(0)
    shallow = torch.randn(3, 2, 4, 4, generator=draw).requires_grad_()
    deep = torch.randn(3, 5, 2, 2, generator=draw).requires_grad_()
    loss = attention_distance(shallow, deep)
    loss.backward()
    energy = shallow.detach().double().pow(2).sum(1).requires_grad_()
    target = F.interpolate(deep.detach().double().pow(2).sum(1, keepdim=True), (4, 4), mode="bilinear").flatten(1).softmax(1)
    expected = (energy.flatten(1).softmax(1) - target).pow(2).sum() / 3
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=1e-8)
    (by_energy,) = torch.autograd.grad(expected, energy)
    torch.testing.assert_close(shallow.grad.double(), 2 * shallow.detach().double() * by_energy[:, None], rtol=1e-4, atol=1e-7)
    assert deep.grad is None


def test_two_equal_maps_have_no_distance():
    maps = torch.randn(2, 3, 4, 4)
    assert attention_distance(maps, maps).item() == 0.0


@pytest.mark.parametrize(("epoch", "on"), [(1, False), (66, False), (67, False), (68, True), (100, True)])
def test_it_starts_after_two_thirds(make_staged, batch, clock, epoch, on):
    losses = make_staged(SelfAttention)(batch(), clock(epoch=epoch)).losses
    assert (losses["attention"].item() > 0) is on


def test_neighbouring_stages_are_summed_and_the_deepest_learns_nothing(make_staged, staged, batch, clock, gradients):
    data, method = batch(), make_staged(SelfAttention, weight=0.5, start=0.0)
    loss = method(data, clock()).losses["attention"]
    _, maps = staged().train().features(data.views[0])
    torch.testing.assert_close(loss, 0.5 * (attention_distance(maps[0], maps[1]) + attention_distance(maps[1], maps[2])))
    assert max(gradients(loss, method.student.net.stage1)) > 0
    assert max(gradients(loss, method.student.net.stage2)) > 0
    assert max(gradients(loss, method.student.net.stage3)) == 0
