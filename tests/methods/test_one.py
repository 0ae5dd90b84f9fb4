"""ONE."""

import math

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.one import NativeEnsemble
from bench.methods.shared.losses import tempered_kl
from bench.tasks import build_network


def test_terms_equal_their_sums_over_branches(make_staged, batch, clock):
    data, method = batch(), make_staged(NativeEnsemble)
    state = {name: value.clone() for name, value in method.state_dict().items()}
    losses = method(data, clock(epoch=41, epochs=300)).losses
    method.load_state_dict(state)
    branches, ensemble = method.branches(data.views[0])
    ce = sum(F.cross_entropy(branches[:, index], data.labels) for index in range(3))
    kd = sum(tempered_kl(branches[:, index], ensemble, 3.0).mean() for index in range(3))
    torch.testing.assert_close(losses["ce"], ce)
    torch.testing.assert_close(losses["ce_ensemble"], F.cross_entropy(ensemble, data.labels))
    torch.testing.assert_close(losses["kd"], math.exp(-5 * (1 - 40 / 80) ** 2) * kd)


def test_the_gate_sums_to_one_and_weighs_the_branches(make_staged, batch):
    images, method = batch().views[0], make_staged(NativeEnsemble).eval()
    branches, ensemble = method.branches(images)
    shared = method.parts[0](images)
    gate = method.gate(shared.mean((2, 3))).softmax(1)
    torch.testing.assert_close(gate.sum(1), torch.ones(6))
    torch.testing.assert_close(ensemble, torch.einsum("bm,bmc->bc", gate, branches))
    assert gate.std() > 0


def test_the_divergence_is_blind_to_the_gate_and_the_ensemble_s_cross_entropy_is_not(make_staged, batch, clock, gradients):
    method = make_staged(NativeEnsemble)
    losses = method(batch(), clock()).losses
    assert max(gradients(losses["kd"], method.gate)) == 0
    assert max(gradients(losses["ce"], method.gate)) == 0
    assert max(gradients(losses["ce_ensemble"], method.gate)) > 0


def test_branch_one_is_the_plain_network(make_staged, staged, batch):
    images, method = batch().views[0], make_staged(NativeEnsemble).eval()
    plain = staged(1).eval()
    plain.load_state_dict(method.student.state_dict())
    torch.testing.assert_close(method.predict(images), plain(images))
    torch.testing.assert_close(method.branches(images)[0][:, 0], plain(images))
    assert not torch.equal(method.branches(images)[0][:, 1], method.branches(images)[0][:, 0])


def test_the_ensemble_can_be_deployed(make_staged, batch):
    images, method = batch().views[0], make_staged(NativeEnsemble, deploy="ensemble").eval()
    torch.testing.assert_close(method.predict(images), method.branches(images)[1])


def test_branches_are_not_registered_twice(make_staged):
    method = make_staged(NativeEnsemble)
    assert not any(name.startswith("parts") for name in method.state_dict())


@pytest.mark.parametrize(
    ("backbone", "classes", "parameters"),
    [
        ("resnet32_cifar", 10, 1_175_639),
        ("resnet32_cifar", 7, 1_175_054),
        # The copies of FRSKD's unused last batch norm, 256 each, come on top of the published count.
        ("wrn16_2_frskd", 100, 1_779_173 + 2 * 256),
    ],
)
def test_published_sizes(backbone, classes, parameters):
    method = NativeEnsemble(build_network(backbone, classes), NativeEnsemble.Params(), classes, {})
    assert count_parameters(method) == parameters
