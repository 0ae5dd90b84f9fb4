"""Plain distillation from a trained teacher."""

import torch
import torch.nn.functional as F

from bench.methods.baseline import Baseline
from bench.methods.kd import KnowledgeDistillation


def test_terms_equal_a_float64_reference_and_the_teacher_is_left_alone(make, batch, clock, network):
    data, teacher = batch(), network(5)
    method = make(KnowledgeDistillation, teachers={"offline": teacher}, gamma=0.1, alpha=0.9, temperature=4.0)
    step = method(data, clock())
    student = network(0).train()(data.views[0]).double()
    p, q = (teacher.eval()(data.views[0]).double() / 4).softmax(1), (student / 4).softmax(1)
    torch.testing.assert_close(step.losses["ce"].double(), 0.1 * F.cross_entropy(student, data.labels), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(step.losses["kd"].double(), 0.9 * 16 * (p * (p / q).log()).sum(1).mean(), rtol=1e-5, atol=1e-7)
    sum(step.losses.values()).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_without_distillation_it_is_the_baseline(make, batch, clock, network):
    losses = make(KnowledgeDistillation, teachers={"offline": network(5)}, gamma=1.0, alpha=0.0)(batch(), clock()).losses
    assert torch.equal(losses["ce"], make(Baseline)(batch(), clock()).losses["ce"])
    assert losses["kd"].item() == 0.0
