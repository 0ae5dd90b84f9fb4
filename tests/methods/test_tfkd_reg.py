"""The virtual teacher."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.tfkd_reg import TeacherFreeRegularization


@pytest.mark.parametrize(("classes", "probability"), [(3, 0.344), (7, 0.149), (100, 0.01050)])
def test_softened_probabilities_are_nearly_uniform(make, classes, probability):
    method = make(TeacherFreeRegularization, classes=classes)
    target = (method.virtual_teacher(torch.tensor([2])) / 20).softmax(1)
    assert target[0, 2].item() == pytest.approx(probability, rel=2e-3)


def test_both_forms_equal_their_definitions(make, batch, clock, network):
    data = batch()
    logits = network(0).train()(data.views[0]).double()
    virtual = torch.full((6, 5), 0.01 / 4, dtype=torch.float64).scatter(1, data.labels[:, None], 0.99)
    targets = {"prob": (virtual / 20).softmax(1), "logit": virtual ** (1 / 20) / (virtual ** (1 / 20)).sum(1, keepdim=True)}
    students = {"prob": logits.softmax(1), "logit": (logits / 20).softmax(1)}
    for form, p in targets.items():
        losses = make(TeacherFreeRegularization, weight=0.3, multiplier=2.0, soften=form)(data, clock()).losses
        expected = 0.6 * (p * (p / students[form]).log()).sum(1).mean()
        torch.testing.assert_close(losses["kd"].double(), expected, rtol=1e-4, atol=1e-7)
        torch.testing.assert_close(losses["ce"].double(), 0.7 * F.cross_entropy(logits, data.labels), rtol=1e-5, atol=1e-7)
