"""DDGSD."""

import torch
import torch.nn.functional as F

from bench.methods.baseline_two_views import BaselineTwoViews
from bench.methods.ddgsd import DataDistortion
from bench.methods.shared.losses import tempered_kl


def test_terms_equal_an_independent_reference(make, batch, clock, network):
    data, net = batch(views=2), network(0).train()
    step = make(DataDistortion, mu=0.5, temperature=3.0, discrepancy=0.1)(data, clock())
    pooled = net.net[:-1](torch.cat(data.views))
    a, b = net.net[-1](pooled).chunk(2)
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(a, data.labels) + F.cross_entropy(b, data.labels))
    torch.testing.assert_close(step.losses["kd"], 0.5 * (tempered_kl(a, b, 3.0).mean() + tempered_kl(b, a, 3.0).mean()))
    distance = (pooled[:6].double().mean(0) - pooled[6:].double().mean(0)).pow(2).sum()
    torch.testing.assert_close(step.losses["mmd"].double(), 0.1 * distance, rtol=1e-4, atol=1e-8)


def test_targets_are_constants(make, batch, clock):
    """With constant targets the gradients of the two directions are tau (q_a - q_b) / n and its opposite."""
    data, method = batch(views=2), make(DataDistortion, temperature=1.0)
    kept = {}
    original = method.student.penultimate

    def penultimate(images):
        logits, pooled = original(images)
        logits.retain_grad()
        kept["logits"] = logits
        return logits, pooled

    method.student.penultimate = penultimate
    method(data, clock()).losses["kd"].backward()
    a, b = kept["logits"].detach().softmax(1).chunk(2)
    torch.testing.assert_close(kept["logits"].grad, torch.cat([a - b, b - a]) / 6)


def test_equal_views_have_nothing_to_teach(make, batch, clock):
    data = batch(views=1)
    data = type(data)(data.views * 2, data.targets * 2, data.indices)
    losses = make(DataDistortion)(data, clock()).losses
    assert abs(losses["kd"].item()) < 1e-6
    assert losses["mmd"].item() < 1e-10
    torch.testing.assert_close(losses["ce"], 2 * make(BaselineTwoViews)(data, clock()).losses["ce"])
