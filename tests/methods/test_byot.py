"""BYOT."""

import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.byot import BeYourOwnTeacher, partial_distance
from bench.methods.shared.losses import tempered_kl
from bench.tasks import build_network


def test_partial_distance_by_hand():
    student = torch.tensor([[1.0, -1.0], [0.0, -2.0]], requires_grad=True)
    teacher = torch.tensor([[-1.0, -3.0], [3.0, 0.0]], requires_grad=True)
    loss = partial_distance(student, teacher)  # 2^2, nothing, 3^2, nothing; summed over the batch too
    loss.backward()
    assert loss.item() == 13.0
    assert student.grad.tolist() == [[4.0, 0.0], [-6.0, 0.0]]
    assert teacher.grad is None


def test_terms_with_the_authors_constants(make_staged, batch, clock):
    data, method = batch(), make_staged(BeYourOwnTeacher)
    step = method(data, clock())
    logits, maps = method.student.features(data.views[0])
    feature = maps[-1].mean((2, 3))
    heads = [head(shallow) for head, shallow in zip(method.heads, maps[:-1], strict=True)]
    hard = sum(F.cross_entropy(head, data.labels) for head, _ in heads)
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(logits, data.labels) + 0.7 * hard)
    soft = sum(tempered_kl(head, logits, 3.0).mean() / 9 for head, _ in heads)
    torch.testing.assert_close(step.losses["kd"], 0.3 * soft)
    lengths = [(a(hint) - feature).square().sum().sqrt() for a, (_, hint) in zip(method.adapters, heads[:-1], strict=True)]
    torch.testing.assert_close(step.losses["feature"], 0.03 * sum(lengths))


def test_terms_of_the_unofficial_form(make_staged, batch, clock):
    data, method = batch(), make_staged(BeYourOwnTeacher, form="unofficial", alpha=0.2, beta=0.01)
    step = method(data, clock())
    logits, maps = method.student.features(data.views[0])
    feature = maps[-1].mean((2, 3))
    heads = [head(shallow) for head, shallow in zip(method.heads, maps[:-1], strict=True)]
    ce = F.cross_entropy(logits, data.labels) + sum(F.cross_entropy(head, data.labels) for head, _ in heads)
    torch.testing.assert_close(step.losses["ce"], 0.8 * ce)
    torch.testing.assert_close(step.losses["kd"], 0.2 * sum(tempered_kl(head, logits, 3.0).mean() for head, _ in heads))
    torch.testing.assert_close(step.losses["feature"], 0.01 * sum(partial_distance(hint, feature) for _, hint in heads))
    assert torch.equal(step.logits, logits)


def test_the_deepest_classifier_and_feature_only_teach(make_staged, batch, clock, gradients):
    method = make_staged(BeYourOwnTeacher, beta=1.0)
    losses = method(batch(), clock()).losses
    for name in ("kd", "feature"):  # the feature term leaves out the head next to the deepest
        assert max(gradients(losses[name], method.student.net.stage3)) == 0
        assert max(gradients(losses[name], method.student.net.classifier)) == 0
        assert max(gradients(losses[name], method.student.net.stage1)) > 0
        assert max(gradients(losses[name], method.heads)) > 0
    assert max(gradients(losses["ce"], method.student.net.stage3)) > 0


def test_heads_shrink_to_the_deepest_map(make_staged):
    kernels = [head.bottleneck[3].kernel_size for head in make_staged(BeYourOwnTeacher).heads]
    assert kernels == [(4, 4), (2, 2)]


def test_published_size_without_the_modules_that_the_reference_never_runs():
    method = BeYourOwnTeacher(build_network("resnet18_cifar", 100), BeYourOwnTeacher.Params(form="unofficial"), 100, {})
    assert count_parameters(method) == 13_243_600 - 232_448
