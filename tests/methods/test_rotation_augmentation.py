"""The control that sees four rotations."""

import torch
import torch.nn.functional as F

from bench.methods.rotation_augmentation import RotationAugmentation


def test_every_rotation_keeps_the_label(make, batch, clock, network):
    data = batch()
    turned = torch.cat([data.views[0].rot90(turns, (2, 3)) for turns in range(4)])
    logits = network(0).train()(turned)
    step = make(RotationAugmentation)(data, clock())
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(logits, data.labels.repeat(4)))
    torch.testing.assert_close(step.logits, logits[:6])
