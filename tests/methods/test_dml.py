"""Deep mutual learning, and OKDDip's variant of it."""

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.dml import MutualLearning


def reference(logits, labels, tau, target, peers):
    """Both losses in float64, from the definition."""
    kl = 0.0
    for k in range(peers):
        others = [logits[index] for index in range(peers) if index != k]
        targets = others if target == "each" else [sum(others) / len(others)]
        q = (logits[k] / tau).softmax(1)
        for other in targets:
            p = (other / tau).softmax(1)
            kl = kl + tau**2 * (p * (p / q).log()).sum(1).mean() / len(targets)
    return sum(F.cross_entropy(item, labels) for item in logits), kl


@pytest.mark.parametrize("peers", [2, 3, 4])
@pytest.mark.parametrize(("target", "temperature"), [("each", 1.0), ("mean", 3.0), ("each", 3.0)])
def test_losses_equal_their_definition(make, batch, clock, peers, target, temperature):
    data, method = batch(), make(MutualLearning, peers=peers, target=target, temperature=temperature)
    logits = [peer(data.views[0]).double() for peer in (method.student, *method.others)]
    ce, kl = reference(logits, data.labels, temperature, target, peers)
    losses = method(data, clock()).losses
    torch.testing.assert_close(losses["ce"].double(), ce, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(losses["kd"].double(), kl, rtol=1e-4, atol=1e-6)


def last_weights(method):
    return [peer.net[-1].weight for peer in (method.student, *method.others)]


def test_gradient_of_a_peer_is_its_own_loss_with_constant_targets(make, batch, clock):
    data, method = batch(), make(MutualLearning, peers=3)
    sum(method(data, clock()).losses.values()).backward()
    found = [weight.grad.clone() for weight in last_weights(method)]
    peers = (method.student, *method.others)
    for index, peer in enumerate(peers):
        method.zero_grad()
        others = [item(data.views[0]).detach().softmax(1) for item in peers if item is not peer]
        mine = peer(data.views[0])
        kl = sum((p * (p.log() - mine.log_softmax(1))).sum(1).mean() for p in others) / 2
        (F.cross_entropy(mine, data.labels) + kl).backward()
        torch.testing.assert_close(last_weights(method)[index].grad, found[index], rtol=1e-4, atol=1e-6)


def test_okddips_variant_lets_the_gradient_through_the_targets(make, batch, clock):
    data = batch()

    def gradient(**params):
        method = make(MutualLearning, target="mean", temperature=3.0, **params)
        torch.manual_seed(3)
        method(data, clock()).losses["kd"].backward()
        return method, last_weights(method)[0].grad

    _, detached = gradient(detach=True)
    method, whole = gradient(detach=False)
    method.zero_grad()
    logits = [peer(data.views[0]) for peer in (method.student, *method.others)]
    reference(logits, data.labels, 3.0, "mean", 3)[1].backward()
    torch.testing.assert_close(whole, last_weights(method)[0].grad, rtol=1e-4, atol=1e-6)
    assert not torch.allclose(whole, detached, rtol=1e-3)


def test_peers_start_apart_with_the_same_distribution(make):
    method = make(MutualLearning, peers=4)
    assert len(method.others) == 3
    assert count_parameters(method) == 4 * count_parameters(method.student)
    weights = last_weights(method)
    for first in range(4):
        for second in range(first):
            assert not torch.equal(weights[first], weights[second])
    assert all(torch.equal(weight.flatten().sort().values, weights[0].flatten().sort().values) for weight in weights)


def test_equal_peers_have_nothing_to_learn_from_each_other(make, batch, clock):
    method = make(MutualLearning, peers=3)
    for peer in method.others:
        peer.load_state_dict(method.student.state_dict())
    assert float(method(batch(), clock()).losses["kd"].detach().abs()) < 1e-6


def test_the_first_peer_is_deployed(make, batch):
    method, images = make(MutualLearning).eval(), batch().views[0]
    assert torch.equal(method.predict(images), method.student(images))


@pytest.mark.parametrize("params", [{"peers": 1}, {"target": "best"}, {"temperature": 0}])
def test_bad_parameters_give_one_line(params):
    with pytest.raises(ValueError, match="allowed: "):
        MutualLearning.Params(**params)
