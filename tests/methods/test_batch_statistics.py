"""Forward passes that leave running statistics alone."""

import pytest
import torch

from bench.methods.shared.batch_statistics import running_statistics_kept


def buffers(module):
    return {name: value.clone() for name, value in module.named_buffers()}


def test_batches_are_normalised_by_themselves_and_nothing_is_learned(network, batch):
    net, twin, images = network().train(), network().train(), batch().views[0]
    before = buffers(net)
    with running_statistics_kept(net):
        logits = net(images)
    assert all(torch.equal(value, before[name]) for name, value in net.named_buffers())
    assert torch.equal(logits, twin(images))
    net(images)
    assert all(torch.equal(value, buffers(twin)[name]) for name, value in net.named_buffers())


def test_they_move_again_afterwards_even_after_an_error(network, batch):
    net = network().train()
    with pytest.raises(RuntimeError), running_statistics_kept(net):
        raise RuntimeError
    before = buffers(net)
    net(batch().views[0])
    assert not torch.equal(buffers(net)["net.1.running_mean"], before["net.1.running_mean"])


def test_eval_mode_still_uses_what_was_learned(network, batch):
    net, images = network().train(), batch().views[0]
    net(images)
    net.eval()
    expected = net(images)
    with running_statistics_kept(net):
        assert torch.equal(net(images), expected)
