"""SLA-SD."""

import pytest
import torch
import torch.nn.functional as F

from bench.backbones import count_parameters
from bench.methods.shared.losses import tempered_kl
from bench.methods.sla_sd import LabelAugmentation
from bench.tasks import build_network


def test_terms_equal_an_independent_reference(make_staged, batch, clock):
    data, method = batch(), make_staged(LabelAugmentation, joint_weight=4.0)
    step = method(data, clock())
    turned = torch.cat([data.views[0].rot90(turns, (2, 3)) for turns in range(4)])  # rotation-major
    logits, pooled = method.student.penultimate(turned)
    joint = method.joint_classifier(pooled).reshape(4, 6, 5, 4)  # rotation seen, image, class, rotation named
    labels = torch.stack([data.labels * 4 + turns for turns in range(4)])
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(logits[:6], data.labels))
    torch.testing.assert_close(step.losses["ce_joint"], 4 * F.cross_entropy(joint.reshape(24, 20), labels.flatten()))
    aggregated = sum(joint[turns, :, :, turns] for turns in range(4)) / 4
    torch.testing.assert_close(step.losses["kd"], tempered_kl(logits[:6], aggregated, 1.0).mean())
    torch.testing.assert_close(step.logits, logits[:6])


def test_the_joint_classifier_only_teaches(make_staged, batch, clock, gradients):
    method = make_staged(LabelAugmentation)
    losses = method(batch(), clock()).losses
    assert max(gradients(losses["kd"], method.joint_classifier)) == 0
    assert max(gradients(losses["ce_joint"], method.joint_classifier)) > 0
    assert max(gradients(losses["kd"], method.student.net.classifier)) > 0


def test_the_single_head_is_deployed(make_staged, batch):
    images, method = batch().views[0], make_staged(LabelAugmentation).eval()
    torch.testing.assert_close(method.predict(images), method.student(images))


@pytest.mark.parametrize(("backbone", "parameters"), [("resnet18_cifar", 11_425_332), ("wrn16_2_frskd", 754_660)])
def test_published_sizes(backbone, parameters):
    method = LabelAugmentation(build_network(backbone, 100), LabelAugmentation.Params(), 100, {})
    assert count_parameters(method) == parameters
