"""Self-Guidance: reductions, detach rules, batch normalisation in the two passes, the ablations."""

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.baseline import Baseline
from bench.methods.self_guidance import SelfGuidance
from bench.methods.shared.stochastic_depth import gated
from bench.tasks import build_network


@pytest.fixture
def residual():
    def build(seed=0):
        torch.manual_seed(seed)
        return build_network("resnet20_cifar", 5, width=0.25)

    return build


@pytest.fixture
def method(residual):
    def build(**params):
        return SelfGuidance(residual(), SelfGuidance.Params(**params), 5, {}).train()

    return build


GATES = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]


@pytest.fixture
def fixed_gates(monkeypatch):
    monkeypatch.setattr("bench.methods.self_guidance.draw_gates", lambda probabilities: GATES)


def gradients(method, losses):
    method.zero_grad()
    sum(losses.values()).backward()
    return {name: parameter.grad.clone() for name, parameter in method.named_parameters()}


def test_losses_are_equation_5(method, residual, batch, clock, fixed_gates):
    data, trained = batch(pixels=32), method(weight=0.5, temperature=3.0)
    step = trained(data, clock())
    twin = residual().train()
    with gated(twin, GATES):
        sampled = twin(data.views[0]).double()
    with gated(twin, trained.probabilities):
        full = twin(data.views[0]).double()
    p, q = (full / 3).softmax(1), (sampled / 3).softmax(1)
    kd = 0.5 * 9 * (p * (p / q).log()).sum(1).mean()
    torch.testing.assert_close(step.losses["ce_student"].double(), F.cross_entropy(sampled, data.labels), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(step.losses["ce_teacher"].double(), F.cross_entropy(full, data.labels), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(step.losses["kd"].double(), kd, rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(step.logits.double(), full, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("running_statistics", ["teacher", "both"])
def test_sure_survival_doubles_the_baseline_gradient(method, residual, batch, clock, running_statistics):
    data, ours = batch(pixels=32), method(survival=1.0, running_statistics=running_statistics)
    step = ours(data, clock())
    assert float(step.losses["kd"].detach()) == 0.0
    plain = Baseline(residual(), Baseline.Params(), 5, {}).train()
    expected = gradients(plain, plain(data, clock()).losses)
    for name, gradient in gradients(ours, step.losses).items():
        torch.testing.assert_close(gradient, 2 * expected[name], rtol=1e-5, atol=1e-6)


def test_lambda_0_has_no_distillation_and_keeps_the_teacher(method, batch, clock):
    losses = method(weight=0)(batch(pixels=32), clock()).losses
    assert sorted(losses) == ["ce_student", "ce_teacher"]


def test_distillation_teaches_the_sampled_pass_alone(method, batch, clock, fixed_gates):
    """A skipped block gets its gradient through the full network only, which is a constant to the divergence."""
    trained = method()
    trained(batch(pixels=32), clock()).losses["kd"].backward()
    for block, gate in zip(trained.student.residual_blocks(), GATES, strict=True):
        assert bool(block.conv1.weight.grad.any()) == (gate == 1.0)


def test_undetached_the_teacher_learns_too(method, batch, clock, fixed_gates):
    trained = method(detach=False)
    trained(batch(pixels=32), clock()).losses["kd"].backward()
    assert all(bool(block.conv1.weight.grad.any()) for block in trained.student.residual_blocks())


def test_the_reverse_divergence_swaps_the_distributions(method, batch, clock, fixed_gates):
    data, trained = batch(pixels=32), method(divergence="reverse", weight=1.0, temperature=1.0)
    step = trained(data, clock())
    with gated(trained.student, GATES):
        sampled = trained.student(data.views[0]).double()
    p, q = sampled.softmax(1), step.logits.double().softmax(1)
    torch.testing.assert_close(step.losses["kd"].double(), (p * (p / q).log()).sum(1).mean(), rtol=1e-3, atol=1e-6)
    step.losses["kd"].backward()
    assert not trained.student.residual_blocks()[2].conv1.weight.grad.any()


@pytest.mark.parametrize(("running_statistics", "updates"), [("teacher", 1), ("both", 2)])
def test_running_statistics_follow_the_flag(method, residual, batch, clock, fixed_gates, running_statistics, updates):
    data, trained = batch(pixels=32), method(running_statistics=running_statistics)
    trained(data, clock())
    assert int(trained.student.net.bn1.num_batches_tracked) == updates
    for block, gate in zip(trained.student.residual_blocks(), GATES, strict=True):
        assert int(block.bn1.num_batches_tracked) == (updates if gate else 1)
    twin = residual().train()
    if updates == 2:
        with gated(twin, GATES):
            twin(data.views[0])
    with gated(twin, trained.probabilities):
        twin(data.views[0])
    for ours, theirs in zip(trained.student.buffers(), twin.buffers(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_flag_changes_no_gradient(method, batch, clock, fixed_gates):
    """Both passes normalise by their batch, so the two readings train the same weights and differ at test time only."""
    data, found = batch(pixels=32), []
    for running_statistics in ("teacher", "both"):
        trained = method(running_statistics=running_statistics)
        found.append(gradients(trained, trained(data, clock()).losses))
    assert all(torch.equal(gradient, found[1][name]) for name, gradient in found[0].items())


def test_without_backward_through_the_full_network(method, batch, clock, fixed_gates):
    trained = method(teacher_gradient=False)
    step = trained(batch(pixels=32), clock())
    assert sorted(step.losses) == ["ce_student", "kd"] and not step.logits.requires_grad
    sum(step.losses.values()).backward()
    for block, gate in zip(trained.student.residual_blocks(), GATES, strict=True):
        assert bool(block.conv1.weight.grad.any()) == (gate == 1.0)
        assert int(block.bn1.num_batches_tracked) == 1


def test_masks_change_from_batch_to_batch_and_evaluation_is_deterministic(method, batch, clock):
    data, trained = batch(pixels=32), method()
    torch.manual_seed(0)
    assert len({float(trained(data, clock()).logs["active_blocks"]) for _ in range(8)}) > 1
    trained.eval()
    first = trained.predict(data.views[0])
    assert torch.equal(first, trained.predict(data.views[0]))
    with gated(trained.student, [1.0] * 9):
        assert not torch.allclose(first, trained.student(data.views[0]))


def test_it_adds_no_parameters(method):
    trained = method()
    assert count_parameters(trained) == count_parameters(trained.student)


@pytest.mark.parametrize(
    "params", [{"weight": -1.0}, {"temperature": 0}, {"survival": 0}, {"running_statistics": "x"}, {"divergence": "x"}]
)
def test_bad_parameters_give_one_line(params):
    with pytest.raises(ValueError, match="allowed: "):
        SelfGuidance.Params(**params)
