"""FRSKD."""

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.frskd import FeatureRefinement
from bench.methods.shared.attention import attention_loss
from bench.methods.shared.losses import tempered_kl
from bench.methods.shared.mixing import build_mixer
from bench.tasks import build_network


def parts(method, images, before=False):
    logits, maps = method.student.features(images, before)
    taught, refined = method.self_teacher(maps, before)
    return logits, maps, taught, refined


def test_terms(make_staged, batch, clock):
    data, method = batch(), make_staged(FeatureRefinement, alpha=2.0, beta=100.0)
    losses = method(data, clock()).losses
    logits, maps, taught, refined = parts(method, data.views[0])
    torch.testing.assert_close(losses["ce"], F.cross_entropy(logits, data.labels))
    torch.testing.assert_close(losses["ce_self_teacher"], F.cross_entropy(taught, data.labels))
    torch.testing.assert_close(losses["kd"], 2 * tempered_kl(logits, taught, 4.0).mean())
    torch.testing.assert_close(losses["feature"], 100 * sum(map(attention_loss, maps, refined)))


@pytest.mark.parametrize("kind", ["at", "fitnet", "overhaul"])
def test_distillation_does_not_reach_the_self_teacher_and_its_cross_entropy_reaches_the_network(
    make_staged, batch, clock, gradients, kind
):
    method = make_staged(FeatureRefinement, feature=kind)
    losses = method(batch(), clock()).losses
    for name in ("kd", "feature"):
        assert max(gradients(losses[name], method.self_teacher)) == 0
        assert max(gradients(losses[name], method.student)) > 0
    for stage in ("stage1", "stage2", "stage3"):
        assert max(gradients(losses["ce_self_teacher"], getattr(method.student.net, stage))) > 0
    assert max(gradients(losses["ce_self_teacher"], method.student.net.classifier)) == 0
    assert max(gradients(losses["ce"], method.self_teacher)) == 0


def test_beta_0_leaves_the_feature_term_out(make_staged, batch, clock):
    with_term = make_staged(FeatureRefinement)(batch(), clock()).losses
    without = make_staged(FeatureRefinement, beta=0.0, feature="overhaul")(batch(), clock()).losses
    assert "feature" not in without
    for name in ("ce", "ce_self_teacher", "kd"):
        assert torch.equal(with_term[name], without[name])


@pytest.mark.parametrize(("kind", "beta"), [("at", 100.0), ("fitnet", 1.0), ("overhaul", 1e-3)])
def test_beta_s_default_follows_the_term(kind, beta):
    assert FeatureRefinement.Params(feature=kind).beta == beta


def test_the_overhaul_compares_both_nets_before_the_activation(make_staged, batch, clock):
    data, method = batch(), make_staged(FeatureRefinement, feature="overhaul", beta=1e-3)
    loss = method(data, clock()).losses["feature"]
    _, maps, _, refined = parts(method, data.views[0], before=True)
    assert all((item < 0).any() for item in (*maps, *refined))
    torch.testing.assert_close(loss, 1e-3 * method.term(maps, refined))


@pytest.mark.parametrize("refresh", [False, True])
def test_margins_stay_unless_a_refresh_is_asked_for(make_staged, batch, clock, refresh):
    method = make_staged(FeatureRefinement, feature="overhaul", refresh_margins=refresh)
    for layer in method.self_teacher.norms():
        torch.nn.init.constant_(layer.bias, 0.3)
    method(batch(), clock(step=1))
    assert (method.term.margin0 + 0.797885).abs().max() < 1e-5
    method(batch(), clock(step=0))
    assert bool((method.term.margin0 + 0.797885).abs().max() > 1e-3) is refresh


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_mixing_reaches_both_cross_entropies_and_nothing_is_weighted_otherwise(make_staged, batch, clock, kind):
    data, method = batch(), make_staged(FeatureRefinement, mixing=kind, mixing_alpha=1.0)
    torch.manual_seed(4)
    step = method(data, clock())
    torch.manual_seed(4)
    images, soft = build_mixer(kind, 1.0, 5)(data.views[0], data.labels)
    logits, maps, taught, refined = parts(method, images)
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(logits, soft))
    torch.testing.assert_close(step.losses["ce_self_teacher"], F.cross_entropy(taught, soft))
    torch.testing.assert_close(step.losses["kd"], 2 * tempered_kl(logits, taught, 4.0).mean())
    torch.testing.assert_close(step.losses["feature"], 100 * sum(map(attention_loss, maps, refined)))


@pytest.mark.parametrize(
    ("backbone", "options", "extra"),
    [
        ("wrn16_2_frskd", {}, 411_885),
        ("wrn16_2_frskd", {"width": 1}, 134_317),
        ("wrn16_2_frskd", {"self_teacher": "bifpn"}, 681_581),
        ("wrn16_2_frskd", {"self_teacher": "bifpn", "width": 1}, 209_773),
        ("resnet18_cifar", {}, 6_375_794),
    ],
)
def test_published_sizes_of_the_self_teacher(backbone, options, extra):
    student = build_network(backbone, 100)
    method = FeatureRefinement(student, FeatureRefinement.Params(**options), 100, {})
    assert count_parameters(method) - count_parameters(student) == extra
