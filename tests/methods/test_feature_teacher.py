"""FitNet, attention transfer and overhaul from a trained teacher."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.attention_transfer import AttentionTransfer
from bench.methods.baseline import Baseline
from bench.methods.fitnet import FitNet
from bench.methods.overhaul import Overhaul
from bench.methods.shared.feature_losses import negative_mean
from bench.methods.shared.losses import tempered_kl

ALL = [FitNet, AttentionTransfer, Overhaul]


@pytest.fixture
def teacher(staged, batch):
    """A teacher whose batch norms have moved."""
    network = staged(5).train()
    for layer in network.stage_norms():
        torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
        torch.nn.init.uniform_(layer.bias, -0.5, 0.5)
    network(batch(3).views[0])
    return network.eval()


@pytest.mark.parametrize("kind", ALL)
def test_terms(make_staged, batch, clock, teacher, kind):
    data, method = batch(), make_staged(kind, teachers={"offline": teacher}, alpha=3.0, beta=0.1)
    losses = method(data, clock()).losses
    before = kind is Overhaul
    logits, maps = method.student.features(data.views[0], before)
    answer, targets = teacher.features(data.views[0], before)
    torch.testing.assert_close(losses["ce"], F.cross_entropy(logits, data.labels))
    torch.testing.assert_close(losses["kd"], 3 * tempered_kl(logits, answer, 4.0).mean())
    torch.testing.assert_close(losses["feature"], 0.1 * method.term(maps, targets))


@pytest.mark.parametrize("kind", ALL)
def test_the_teacher_is_frozen_and_in_eval_mode(make_staged, batch, clock, teacher, kind):
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    method = make_staged(kind, teachers={"offline": teacher})
    sum(method(batch(), clock()).losses.values()).backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert not any(module.training for module in teacher.modules())


@pytest.mark.parametrize("kind", ALL)
def test_a_student_that_is_its_teacher_has_no_soft_labels_to_learn(make_staged, batch, clock, staged, kind):
    method = make_staged(kind, teachers={"offline": staged(0)}).eval()
    losses = method(batch(), clock()).losses
    assert abs(losses["kd"].item()) < 1e-6
    if kind is AttentionTransfer:
        assert losses["feature"].item() == 0.0


def test_without_weights_it_is_the_baseline(make_staged, batch, clock, teacher):
    losses = make_staged(FitNet, teachers={"offline": teacher}, alpha=0.0, beta=0.0)(batch(), clock()).losses
    assert torch.equal(losses["ce"], make_staged(Baseline)(batch(), clock()).losses["ce"])
    assert losses["kd"].item() == losses["feature"].item() == 0.0


def test_margins_come_from_the_trained_teacher(make_staged, teacher):
    method = make_staged(Overhaul, teachers={"offline": teacher})
    for stage, layer in enumerate(teacher.stage_norms()):
        assert torch.equal(method.term.get_buffer(f"margin{stage}"), negative_mean(layer))
    assert method.term.margin0.std() > 0.01


def test_a_teacher_normalised_by_batches_keeps_its_own_statistics(make_staged, batch, clock, teacher):
    data = batch()
    running = [layer.running_mean.clone() for layer in teacher.stage_norms()]
    plain = make_staged(Overhaul, teachers={"offline": teacher})(data, clock()).losses["kd"]
    by_batch = make_staged(Overhaul, teachers={"offline": teacher}, teacher_norm="batch")(data, clock()).losses["kd"]
    assert not torch.allclose(plain, by_batch)
    assert all(torch.equal(a, b.running_mean) for a, b in zip(running, teacher.stage_norms(), strict=True))
