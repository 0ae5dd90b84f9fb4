"""Students of a generation."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.baseline import Baseline
from bench.methods.generation import Generation
from bench.methods.shared.losses import tempered_kl


def test_losses_are_the_two_terms_of_equation_4(make, batch, clock, network):
    data, previous = batch(), network(5)
    student = network(0).train()(data.views[0]).double()
    teacher = previous.eval()(data.views[0]).double()
    step = make(Generation, teachers={"previous": previous}, weight=0.7)(data, clock())
    p, q = teacher.softmax(1), student.softmax(1)
    torch.testing.assert_close(step.losses["ce"].double(), 0.3 * F.cross_entropy(student, data.labels), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(step.losses["kd"].double(), 0.7 * (p * (p / q).log()).sum(1).mean(), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(step.logs["f_a1"].double(), q.amax(1).mean(), rtol=1e-5, atol=1e-7)


def test_the_teacher_gets_no_gradient(make, batch, clock, network):
    previous = network(5)
    method = make(Generation, teachers={"previous": previous})
    sum(method(batch(), clock()).losses.values()).backward()
    assert all(parameter.grad is None for parameter in previous.parameters())
    assert all(parameter.grad is not None for parameter in method.parameters())


def test_weight_0_is_independent_training(make, batch, clock, network):
    losses = make(Generation, teachers={"previous": network(5)}, weight=0.0)(batch(), clock()).losses
    torch.testing.assert_close(losses["ce"], make(Baseline)(batch(), clock()).losses["ce"])
    assert float(losses["kd"].detach()) == 0.0


@pytest.mark.parametrize("weight", [0.5, 0.6, 0.7])
def test_energy_decays_by_lambda_per_generation_on_free_logits(weight):
    """The oracle of the module: 1 - f_g = lambda (1 - f_{g-1}), starting at f_0 = 0.6."""
    labels = torch.zeros(1, dtype=torch.long)
    previous = torch.tensor([[0.6, 0.1, 0.1, 0.1, 0.1]]).log()
    energy = 0.4
    for _ in range(5):
        logits = torch.zeros(1, 5, requires_grad=True)
        optimiser = torch.optim.LBFGS([logits], max_iter=500, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

        def closure(logits=logits, optimiser=optimiser, previous=previous):
            optimiser.zero_grad()
            kd = tempered_kl(logits, previous, 1.0).mean()
            loss = (1 - weight) * F.cross_entropy(logits, labels) + weight * kd
            loss.backward()
            return loss

        optimiser.step(closure)
        energy *= weight
        previous = logits.detach()
        assert 1 - float(previous.softmax(1)[0, 0]) == pytest.approx(energy, abs=1e-3)


def test_a_weight_beyond_1_is_refused():
    with pytest.raises(ValueError, match="weight is 1.5; allowed: 0 to 1"):
        Generation.Params(weight=1.5)
