"""Stochastic depth: survival, gates, gradients of skipped blocks, test-time scaling."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from bench.methods.baseline import Baseline
from bench.methods.shared.stochastic_depth import draw_gates, gated, sampled_logits, set_gates, survival_probabilities
from bench.methods.stochastic_depth import StochasticDepth
from bench.plan import BenchError
from bench.tasks import build_network


@pytest.fixture
def residual():
    """Builds a narrow ResNet-20 (nine blocks)."""

    def build(seed=0):
        torch.manual_seed(seed)
        return build_network("resnet20_cifar", 5, width=0.25)

    return build


@pytest.fixture
def method(residual):
    def build(seed=0, **params):
        return StochasticDepth(residual(seed), StochasticDepth.Params(**params), 5, {}).train()

    return build


@pytest.mark.parametrize(("blocks", "expected"), [(15, 11.0), (24, 17.75), (36, 26.75), (54, 40.25)])
def test_survival_decays_linearly_to_its_last_value(blocks, expected):
    probabilities = survival_probabilities(blocks, 0.5)
    assert probabilities[-1] == 0.5
    assert probabilities[0] == pytest.approx(1 - 0.5 / blocks)
    steps = [first - second for first, second in itertools.pairwise(probabilities)]
    assert steps == pytest.approx([0.5 / blocks] * (blocks - 1))
    assert sum(probabilities) == pytest.approx(expected) == pytest.approx((3 * blocks - 1) / 4)


def test_draws_average_to_the_expected_number_of_blocks():
    torch.manual_seed(0)
    probabilities = survival_probabilities(15, 0.5)
    draws = torch.tensor([draw_gates(probabilities) for _ in range(5_000)])
    assert set(draws.flatten().tolist()) == {0.0, 1.0}
    assert float(draws.sum(1).mean()) == pytest.approx(11.0, abs=4 * (sum(p * (1 - p) for p in probabilities) / 5_000) ** 0.5)
    assert float((draws.mean(0) - torch.tensor(probabilities)).abs().max()) < 0.03


def test_gates_are_drawn_from_the_global_generator_one_per_block_and_batch(method, batch, clock):
    trained = method()

    def active(seed):
        torch.manual_seed(seed)
        return float(trained(batch(size=2, pixels=32), clock()).logs["active_blocks"])

    assert active(1) == active(1)
    assert len({active(seed) for seed in range(6)}) > 1


def test_a_skipped_block_is_its_shortcut_and_projections_stay(residual, batch):
    network, images = residual().eval(), batch(pixels=32).views[0]
    blocks = network.residual_blocks()
    seen = {}
    handles = [
        block.register_forward_hook(lambda module, given, output: seen.__setitem__(module, (given[0], output)))
        for block in blocks
    ]
    with gated(network, [0.0] * len(blocks)):
        network(images)
    for handle in handles:
        handle.remove()
    projections = 0
    for block in blocks:
        given, output = seen[block]
        projections += len(block.shortcut) > 0
        torch.testing.assert_close(output, F.relu(block.shortcut(given)))
    assert projections == 2
    assert [block.gate for block in blocks] == [1.0] * len(blocks)


def test_at_test_time_every_branch_is_scaled_by_its_probability(method, batch):
    trained, images = method().eval(), batch(pixels=32).views[0]
    block, probability = trained.student.residual_blocks()[4], trained.probabilities[4]
    maps = torch.rand(2, 8, 16, 16)
    torch.testing.assert_close(block(maps), F.relu(maps + probability * block.residual(maps)))
    first = trained.predict(images)
    torch.manual_seed(99)
    assert torch.equal(first, trained.predict(images))
    set_gates(trained.student, [1.0] * 9)
    assert not torch.allclose(first, trained.predict(images))


def test_the_scaling_is_back_after_a_step(method, batch, clock):
    trained = method()
    trained(batch(pixels=32), clock())
    assert [block.gate for block in trained.student.residual_blocks()] == survival_probabilities(9, 0.5)


def test_skipped_blocks_get_a_gradient_of_zero_and_their_norms_see_nothing(residual, batch):
    network, data = residual().train(), batch(pixels=32)
    gates = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]
    before = {name: value.clone() for name, value in network.named_buffers()}
    F.cross_entropy(sampled_logits(network, data.views[0], gates), data.labels).backward()
    for block, gate in zip(network.residual_blocks(), gates, strict=True):
        branch = [parameter for name, parameter in block.named_parameters() if not name.startswith("shortcut")]
        assert all(parameter.grad is not None for parameter in branch)
        assert any(bool(parameter.grad.any()) for parameter in branch) == (gate == 1.0)
        assert int(block.bn1.num_batches_tracked) == int(gate)
    projection = network.residual_blocks()[3].shortcut[0].weight
    assert bool(projection.grad.any())
    assert not torch.equal(dict(network.named_buffers())["net.bn1.running_mean"], before["net.bn1.running_mean"])


def test_a_gradient_of_zero_lets_weight_decay_act(residual, batch):
    network, data = residual().train(), batch(pixels=32)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, weight_decay=0.5)
    weight = network.residual_blocks()[1].conv1.weight
    before = weight.detach().clone()
    F.cross_entropy(sampled_logits(network, data.views[0], [1.0, 0.0] + [1.0] * 7), data.labels).backward()
    optimiser.step()
    torch.testing.assert_close(weight.detach(), 0.95 * before)


def test_sure_survival_is_the_baseline(method, residual, batch, clock):
    data = batch(pixels=32)
    ours = method(survival=1.0)
    plain = Baseline(residual(), Baseline.Params(), 5, {}).train()
    ours(data, clock()).losses["ce"].backward()
    plain(data, clock()).losses["ce"].backward()
    for first, second in zip(ours.parameters(), plain.parameters(), strict=True):
        assert torch.equal(first.grad, second.grad)


@pytest.mark.parametrize("name", ["resnet20_cifar", "resnet110_bottleneck_cifar", "wrn16_2", "wrn16_2_frskd"])
def test_an_export_is_a_plain_network_with_the_scaling_folded_in(name, batch):
    torch.manual_seed(0)
    trained = StochasticDepth(build_network(name, 5, width=0.25), StochasticDepth.Params(), 5, {}).eval()
    for parameter in trained.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 0.3)
    before = {key: value.clone() for key, value in trained.state_dict().items()}
    plain, images = build_network(name, 5, width=0.25), batch(pixels=32).views[0]
    plain.net.load_state_dict(trained.export())
    torch.testing.assert_close(plain.eval()(images), trained.predict(images), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(plain(images), _unscaled(trained, images), rtol=1e-2)
    assert all(torch.equal(value, before[key]) for key, value in trained.state_dict().items())


def _unscaled(trained, images):
    with gated(trained.student, [1.0] * len(trained.probabilities)):
        return trained.predict(images)


def test_networks_without_residual_blocks_are_refused(network):
    with pytest.raises(BenchError, match="needs residual blocks that can be left out"):
        StochasticDepth(network(), StochasticDepth.Params(), 5, {})


@pytest.mark.parametrize("survival", [0.0, 1.5])
def test_bad_probabilities_are_refused(survival):
    with pytest.raises(ValueError, match="allowed: above 0, up to 1"):
        StochasticDepth.Params(survival=survival)
