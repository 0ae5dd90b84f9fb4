"""Loss terms against independent float64 references, value and gradient."""

import pytest
import torch

from bench.methods.shared.losses import adaptive_weights, tempered_kl, tempered_kl_with_target_gradient


def reference_kl(student, teacher, tau):
    p = (teacher / tau).exp() / (teacher / tau).exp().sum(1, keepdim=True)
    q = (student / tau).exp() / (student / tau).exp().sum(1, keepdim=True)
    return tau**2 * (p * (p / q).log()).sum(1)


@pytest.fixture
def logits():
    draw = torch.Generator().manual_seed(3)
    return [torch.randn(7, 5, generator=draw, dtype=torch.float64) * 2 for _ in range(2)]


@pytest.mark.parametrize("tau", [1.0, 3.0, 20.0])
def test_tempered_kl_equals_its_definition(logits, tau):
    student, teacher = logits
    torch.testing.assert_close(
        tempered_kl(student, teacher, tau).double(), reference_kl(student, teacher, tau), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("tau", [1.0, 3.0])
def test_its_gradient_is_tau_times_the_difference_of_the_softmaxes(logits, tau):
    student, teacher = (item.float().requires_grad_() for item in logits)
    tempered_kl(student, teacher, tau).mean().backward()
    expected = tau * ((student / tau).softmax(1) - (teacher / tau).softmax(1)) / len(student)
    torch.testing.assert_close(student.grad, expected.detach())
    assert teacher.grad is None


def test_without_detaching_both_sides_get_their_float64_gradient(logits):
    narrow = [item.float().requires_grad_() for item in logits]
    wide = [item.clone().requires_grad_() for item in logits]
    tempered_kl_with_target_gradient(*narrow, 3.0).mean().backward()
    reference_kl(*wide, 3.0).mean().backward()
    for first, second in zip(narrow, wide, strict=True):
        torch.testing.assert_close(first.grad.double(), second.grad, rtol=1e-4, atol=1e-6)
    assert float(narrow[1].grad.abs().max()) > 0.01


def test_it_is_zero_at_the_teacher_and_blind_to_a_constant(logits):
    student, teacher = logits
    assert tempered_kl(teacher, teacher, 3.0).abs().max() < 1e-6
    torch.testing.assert_close(tempered_kl(student + 7, teacher, 3.0), tempered_kl(student, teacher, 3.0))


def test_losses_are_fp32_under_autocast(logits):
    with torch.autocast("cpu", torch.bfloat16):
        assert tempered_kl(logits[0].bfloat16(), logits[1].bfloat16(), 3.0).dtype == torch.float32


def test_adaptive_weights_are_the_ratio_of_the_true_class_probabilities(logits):
    online, offline = logits
    labels = torch.arange(7) % 5
    w_lb, w_kd = adaptive_weights(online, offline, labels, alpha=100.0, temperature=2.0)
    ratio = ((online / 2).softmax(1) / (offline / 2).softmax(1)).gather(1, labels[:, None]).squeeze(1)
    torch.testing.assert_close(w_lb.double(), ratio, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close((w_lb + w_kd).float(), torch.full((7,), 100.0))


def test_equal_teachers_share_one_and_alpha_minus_one(logits):
    w_lb, w_kd = adaptive_weights(logits[0], logits[0], torch.zeros(7, dtype=torch.long), alpha=1.3, temperature=3.0)
    torch.testing.assert_close(w_lb.float(), torch.ones(7))
    torch.testing.assert_close(w_kd.float(), torch.full((7,), 0.3))


def test_a_uniform_past_and_a_confident_twin_give_one_over_the_classes():
    confident = torch.nn.functional.one_hot(torch.arange(5)).float() * 1000
    w_lb, _ = adaptive_weights(torch.zeros(5, 5), confident, torch.arange(5), alpha=1.3, temperature=3.0)
    torch.testing.assert_close(w_lb, torch.full((5,), 0.2))


@pytest.mark.parametrize(("clamp_online", "largest"), [(True, 1.3), (False, float("inf"))])
def test_the_clamp_keeps_the_twin_s_weight_from_turning_negative(logits, clamp_online, largest):
    wrong = -torch.nn.functional.one_hot(torch.arange(5)).float() * 9
    w_lb, w_kd = adaptive_weights(
        torch.zeros(5, 5), wrong, torch.arange(5), alpha=1.3, temperature=1.0, clamp_online=clamp_online
    )
    assert (w_kd == 0).all()
    assert (w_lb <= largest).all()
    assert clamp_online or (w_lb > 1.3).all()
