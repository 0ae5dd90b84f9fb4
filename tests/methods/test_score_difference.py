"""The score-difference term and the weight that a target score needs."""

import math

import pytest
import torch

from bench.methods.shared.score_difference import score_difference, top_scores, weight_for_target


def optimum(eta, classes):
    """u(eta), the paper's f_a1 at the optimum."""
    return min(1.0, (1 - eta) * (classes - 1) / (eta * classes))


def test_scores_and_difference_by_hand():
    logits = torch.tensor([[math.log(4.0), math.log(1.0), math.log(3.0), math.log(2.0)]])
    scores = top_scores(logits, 3)
    torch.testing.assert_close(scores, torch.tensor([[0.4, 0.3, 0.2]]))
    torch.testing.assert_close(score_difference(scores), torch.tensor([0.4 - 0.25]))


def test_gradient_equals_float64_central_differences():
    draw = torch.Generator().manual_seed(1)
    logits = torch.randn(4, 7, generator=draw)

    def term(values):
        ordered = values.exp().div(values.exp().sum(1, keepdim=True)).sort(1, descending=True).values
        return (ordered[:, 0] - (ordered[:, 1] + ordered[:, 2] + ordered[:, 3]) / 3).mean()

    ours = logits.clone().requires_grad_()
    score_difference(top_scores(ours, 4)).mean().backward()
    wide, step = logits.double(), 1e-6
    for row, column in [(0, 0), (1, 3), (2, 6), (3, 5)]:
        moved = torch.zeros_like(wide)
        moved[row, column] = step
        numeric = (term(wide + moved) - term(wide - moved)) / (2 * step)
        assert float(ours.grad[row, column]) == pytest.approx(float(numeric), abs=1e-7)


def test_the_weight_for_0_6_among_five_is_four_sevenths():
    assert weight_for_target(0.6, 5) == pytest.approx(4 / 7, abs=1e-15)


@pytest.mark.parametrize("classes", [2, 5, 10])
@pytest.mark.parametrize("target", [0.5, 0.6, 0.8, 1.0])
def test_the_weight_inverts_the_optimum(classes, target):
    assert optimum(weight_for_target(target, classes), classes) == pytest.approx(target)


def test_landmarks_of_the_optimum():
    assert optimum(4 / 9, 5) == pytest.approx(1.0)
    assert optimum(0.5, 5) == pytest.approx(0.8)
    assert optimum(0.8, 5) == pytest.approx(0.2)


@pytest.mark.parametrize("target", [0.5, 0.6, 0.8])
def test_free_logits_settle_at_the_target(target):
    torch.manual_seed(0)
    logits = (0.1 * torch.randn(8, 20)).requires_grad_()
    labels = torch.arange(8)
    eta = weight_for_target(target, 5)
    optimiser = torch.optim.LBFGS([logits], lr=1.0, max_iter=2000, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        ce = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
        loss = (1 - eta) * ce + eta * score_difference(top_scores(logits, 5)).sum()
        loss.backward()
        return loss

    for _ in range(5):
        optimiser.step(closure)
    probabilities = logits.detach().softmax(1)
    assert torch.equal(probabilities.argmax(1), labels)
    assert float((probabilities.amax(1) - target).abs().max()) < 1e-3
    assert float(1 - probabilities.topk(5).values.sum(1).min()) < 1e-2
