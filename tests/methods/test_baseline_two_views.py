"""The control that sees two views."""

import torch
import torch.nn.functional as F

from bench.data import Batch
from bench.methods.baseline import Baseline
from bench.methods.baseline_two_views import BaselineTwoViews


def test_it_is_the_baseline_on_a_batch_of_both_views(make, batch, clock):
    data = batch(views=2)
    both = Batch((torch.cat(data.views),), (data.labels.repeat(2),), data.indices.repeat(2))
    loss = make(BaselineTwoViews)(data, clock()).losses["ce"]
    torch.testing.assert_close(loss, make(Baseline).step(both, clock()).losses["ce"])


def test_apart_the_views_are_normalised_apart(make, batch, clock, network):
    data, net = batch(views=2), network(0).train()
    step = make(BaselineTwoViews, joint=False)(data, clock())
    losses = [F.cross_entropy(net(view), data.labels) for view in data.views]
    torch.testing.assert_close(step.losses["ce"], sum(losses) / 2)
    assert step.logits.shape == (6, 5)
