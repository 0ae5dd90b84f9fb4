"""Attention vectors and their distance."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.shared.attention import attention_loss, attention_vector


def reference(student, teacher):
    vectors = [maps.double().pow(2).sum(1).reshape(len(maps), -1) for maps in (student, teacher)]
    unit = [vector / vector.pow(2).sum(1, keepdim=True).sqrt() for vector in vectors]
    return ((unit[0] - unit[1]) ** 2).mean()


@pytest.fixture
def maps():
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(4, channels, 6, 6, generator=draw) for channels in (3, 5)]


def test_by_hand():
    maps = torch.tensor([[[[3.0, 0.0]], [[0.0, 2.0]]]])  # energies 9/2 and 4/2
    torch.testing.assert_close(attention_vector(maps), torch.tensor([[9.0, 4.0]]) / 97**0.5)


def test_value_and_gradient_equal_an_independent_reference(maps):
    ours, theirs = [item.clone().requires_grad_() for item in maps], maps[0].double().requires_grad_()
    loss, expected = attention_loss(*ours), reference(theirs, maps[1])
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss.double(), expected, rtol=1e-5, atol=1e-9)
    torch.testing.assert_close(ours[0].grad.double(), theirs.grad, rtol=1e-4, atol=1e-9)
    assert ours[1].grad is None


def test_it_is_zero_at_the_teacher_and_blind_to_scale(maps):
    assert float(attention_loss(3 * maps[0], maps[0])) < 1e-12


@pytest.mark.parametrize("pool", ["student", "teacher"])
def test_the_larger_map_is_pooled_to_the_smaller(maps, pool):
    small, large = maps[0], F.interpolate(maps[1], scale_factor=2)
    pair = (large, small) if pool == "student" else (small, large)
    torch.testing.assert_close(
        attention_loss(*pair), attention_loss(*((maps[1], small) if pool == "student" else (small, maps[1])))
    )


def test_it_computes_in_fp32(maps):
    assert attention_loss(*(item.bfloat16() for item in maps)).dtype == torch.float32
