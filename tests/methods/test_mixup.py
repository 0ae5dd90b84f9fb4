"""Mixup and CutMix as methods."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.cutmix import CutMix
from bench.methods.mixup import Mixup
from bench.methods.shared.mixing import build_mixer


@pytest.mark.parametrize(("kind", "name", "alpha"), [(Mixup, "mixup", 0.2), (CutMix, "cutmix", 1.0)])
def test_the_loss_is_the_cross_entropy_of_the_mixed_batch(make, batch, clock, network, kind, name, alpha):
    data, method = batch(), make(kind)
    torch.manual_seed(11)
    step = method(data, clock())
    torch.manual_seed(11)
    images, soft = build_mixer(name, alpha, 5)(data.views[0], data.labels)
    logits = network(0).train()(images)
    torch.testing.assert_close(step.losses["ce"], F.cross_entropy(logits, soft))
    assert torch.equal(step.labels, data.labels)
