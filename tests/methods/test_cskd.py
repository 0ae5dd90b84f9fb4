"""CS-KD."""

from dataclasses import replace

import pytest
import torch

from bench.methods.baseline import Baseline
from bench.methods.cskd import ClassWise
from bench.methods.shared.losses import tempered_kl


@pytest.fixture
def pairs(batch):
    return replace(batch(), partners=batch(9).views[0], partner_indices=torch.arange(6))


def test_terms(make, pairs, clock, network):
    net = network(0).train()
    step = make(ClassWise, weight=3.0)(pairs, clock())
    anchors, partners = net(pairs.views[0]), net(pairs.partners)
    torch.testing.assert_close(step.losses["kd"], 3.0 * tempered_kl(anchors, partners, 4.0).mean())
    torch.testing.assert_close(step.losses["ce"], make(Baseline)(pairs, clock()).losses["ce"])


def test_the_partners_pass_has_no_graph_but_updates_the_running_statistics(make, pairs, clock, network):
    method, calls = make(ClassWise), []
    method.student.register_forward_hook(lambda module, inputs, output: calls.append((module.training, output.requires_grad)))
    method(pairs, clock())
    assert calls == [(True, True), (True, False)]
    reference = network(0).train()
    reference(pairs.views[0])
    after_anchors = reference.net[1].running_mean.clone()
    reference(pairs.partners)
    assert torch.equal(method.student.net[1].running_mean, reference.net[1].running_mean)
    assert not torch.equal(after_anchors, reference.net[1].running_mean)


def test_an_image_that_is_its_own_partner_teaches_nothing(make, pairs, clock):
    losses = make(ClassWise).step(replace(pairs, partners=pairs.views[0]), clock()).losses
    assert abs(losses["kd"].item()) < 1e-6
