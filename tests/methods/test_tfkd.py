"""Tf-KD and LSR."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.baseline import Baseline
from bench.methods.lsr import LabelSmoothing
from bench.methods.shared.losses import tempered_kl
from bench.methods.tfkd import TeacherFreeSelf


def test_additive_and_convex_forms(make, batch, clock, network):
    data, teacher = batch(), network(5)
    logits = network(0).train()(data.views[0])
    kd = tempered_kl(logits, teacher.eval()(data.views[0]), 3.0).mean()
    ce = F.cross_entropy(logits, data.labels)
    additive = make(TeacherFreeSelf, teachers={"offline": teacher}, weight=0.3)(data, clock()).losses
    convex = make(TeacherFreeSelf, teachers={"offline": teacher}, weight=0.3, form="convex")(data, clock()).losses
    torch.testing.assert_close(additive["ce"], ce)
    torch.testing.assert_close(additive["kd"], 0.3 * kd)
    torch.testing.assert_close(convex["ce"], 0.7 * ce)


@pytest.mark.parametrize(("epoch", "weight"), [(1, 0.99), (50, 0.5), (100, 0.0)])
def test_the_unfixed_weight_falls(make, batch, clock, network, epoch, weight):
    def term(**params):
        return make(TeacherFreeSelf, teachers={"offline": network(5)}, **params)(batch(), clock(epoch=epoch)).losses["kd"]

    torch.testing.assert_close(term(weight="falling"), weight * term(weight=1.0))


def test_label_smoothing_mixes_with_the_uniform_distribution(make, batch, clock, network):
    data = batch(classes=3)
    logits = network(0, 3).train()(data.views[0])
    target = 0.9 * F.one_hot(data.labels, 3) + 0.1 / 3
    assert abs(float(target.max()) - 0.9333) < 1e-3
    loss = make(LabelSmoothing, classes=3, epsilon=0.1)(data, clock()).losses["ce"]
    torch.testing.assert_close(loss, -(target * logits.log_softmax(1)).sum(1).mean())


def test_without_smoothing_it_is_the_baseline(make, batch, clock):
    smoothed = make(LabelSmoothing, epsilon=0.0)(batch(), clock()).losses["ce"]
    assert torch.equal(smoothed, make(Baseline)(batch(), clock()).losses["ce"])
