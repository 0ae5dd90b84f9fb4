"""OKDDip: attention over peers, gradients through targets, parameter counts."""

import copy

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.okddip import DiversePeers
from bench.methods.shared.weights import ramp
from bench.tasks import build_network

TAU = 3.0


@pytest.fixture
def method():
    def build(name="resnet20_cifar", classes=5, width=0.25, **params):
        torch.manual_seed(0)
        student = build_network(name, classes, width=width)
        return DiversePeers(student, DiversePeers.Params(**params), classes, {}).train()

    return build


def kl(student, target):
    p, q = (target / TAU).softmax(1), (student / TAU).softmax(1)
    return TAU**2 * (p * (p.log() - q.log())).sum(1).mean()


def reference(method, data, weight):
    """The loss of the definition in float64, on a float64 copy of the method."""
    wide = copy.deepcopy(method).double()
    trunk, tail = wide.student.split()
    shared = trunk(data.views[0].double())
    pooled = [peer[:-1](shared) for peer in wide.peers]
    logits = [peer[-1](feature) for peer, feature in zip(wide.peers, pooled, strict=True)]
    leader = tail(shared)
    loss = F.cross_entropy(leader, data.labels) + sum(F.cross_entropy(item, data.labels) for item in logits)
    for feature, own in zip(pooled, logits, strict=True):
        energies = torch.stack([(wide.query(feature) * wide.key(other)).sum(1) for other in pooled], 1)
        shares = energies.softmax(1)
        mixture = sum(shares[:, index, None] * other for index, other in enumerate(logits))
        loss = loss + weight * kl(own, mixture)
    return wide, loss + weight * kl(leader, sum(logits) / len(logits))


@pytest.mark.parametrize("peers", [2, 3])
def test_value_and_gradients_equal_the_definition(method, batch, clock, peers):
    data, ours = batch(size=8, pixels=32), method(peers=peers)
    wide, expected = reference(ours, data, ramp(29, 80))
    step = ours(data, clock(epoch=30, epochs=300))
    total = sum(step.losses.values())
    torch.testing.assert_close(total.double(), expected, rtol=1e-5, atol=1e-5)
    total.backward()
    expected.backward()
    for (name, first), second in zip(ours.named_parameters(), wide.parameters(), strict=True):
        torch.testing.assert_close(first.grad.double(), second.grad, rtol=2e-3, atol=2e-5, msg=name)


def test_query_and_key_learn_through_the_targets(method, batch, clock):
    """With detached targets their gradient would be none."""
    ours = method()
    losses = ours(batch(pixels=32), clock(epoch=90, epochs=300)).losses
    losses["kd_peers"].backward()
    for layer in (ours.query, ours.key):
        assert float(layer.weight.grad.abs().max()) > 0


def test_nothing_else_reaches_the_attention(method, batch, clock):
    ours = method()
    losses = ours(batch(pixels=32), clock(epoch=90, epochs=300)).losses
    (losses["ce_leader"] + losses["ce_peers"] + losses["kd_leader"]).backward()
    assert ours.query.weight.grad is None and ours.key.weight.grad is None


def test_attention_mixes_by_hand(method):
    ours = method()
    with torch.no_grad():
        for layer in (ours.query, ours.key):
            layer.weight.zero_()
            layer.weight[0, 0] = 1.0
    pooled = torch.zeros(1, 2, ours.student.feature_width)
    pooled[0, :, 0] = torch.tensor([2.0, 1.0])
    logits = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    first, second = torch.tensor([4.0, 2.0]).softmax(0), torch.tensor([2.0, 1.0]).softmax(0)
    torch.testing.assert_close(ours.attention(pooled, logits), torch.stack([first, second])[None])


def test_weight_0_leaves_cross_entropy_alone(method, batch, clock):
    losses = method(weight=0)(batch(pixels=32), clock()).losses
    assert float(losses["kd_peers"].detach()) == float(losses["kd_leader"].detach()) == 0.0


def test_the_ramp_begins_at_exp_minus_5_and_ends_at_1(method, batch, clock):
    data = batch(pixels=32)

    ours = method(peers=2)

    def term(epoch):
        return float(ours(data, clock(epoch=epoch, epochs=300)).losses["kd_leader"].detach())

    assert term(1) == pytest.approx(0.006738 * term(300), rel=1e-3)
    assert term(81) == pytest.approx(term(300))


@pytest.mark.parametrize(("classes", "parameters"), [(7, 1_530_092), (10, 1_530_872)])
def test_parameters_of_resnet32_are_the_published_ones(method, classes, parameters):
    assert count_parameters(method("resnet32_cifar", classes, width=1.0)) == parameters


def test_the_leader_is_the_plain_network(method, batch):
    ours, images = method().eval(), batch(pixels=32).views[0]
    plain = build_network("resnet20_cifar", 5, width=0.25)
    plain.load_state_dict(ours.student.state_dict())
    assert torch.equal(ours.predict(images), plain.eval()(images))
    assert not any(name.startswith("parts") for name in ours.state_dict())


def test_peers_start_apart(method):
    ours = method()
    last = [peer[-1].weight for peer in (*ours.peers, ours.parts[1])]
    assert all(not torch.equal(last[first], last[second]) for first in range(4) for second in range(first))


@pytest.mark.parametrize("params", [{"peers": 1}, {"temperature": 0}, {"weight": -1}, {"ramp": -1}, {"reduction": 0}])
def test_bad_parameters_give_one_line(params):
    with pytest.raises(ValueError, match="allowed: "):
        DiversePeers.Params(**params)
