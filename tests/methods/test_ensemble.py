"""Ensembles over generations."""

import pytest
import torch

from bench.methods.ensemble import Ensemble
from bench.plan import BenchError


@pytest.fixture
def members(network):
    return {f"generation{index}": network(index) for index in range(3)}


def test_it_averages_probabilities(make, batch, members):
    images = batch().views[0]
    expected = torch.stack([net.eval()(images).double().softmax(1) for net in members.values()]).mean(0)
    found = make(Ensemble, seed=9, teachers=members).predict(images)
    torch.testing.assert_close(found.double().exp(), expected, rtol=1e-5, atol=1e-7)


def test_or_logits(make, batch, members):
    images = batch().views[0]
    expected = torch.stack([net.eval()(images) for net in members.values()]).mean(0)
    torch.testing.assert_close(make(Ensemble, teachers=members, average="logits").predict(images), expected)


def test_the_two_rules_can_disagree():
    """A confident member outvotes two others in logits, not in probabilities."""
    votes = torch.tensor([[[9.0, 0.0]], [[0.0, 3.0]], [[0.0, 3.0]]])
    assert int(votes.mean(0).argmax()) == 0
    assert int(votes.softmax(2).mean(0).argmax()) == 1


def test_a_single_member_is_itself(make, batch, network):
    images = batch().views[0]
    found = make(Ensemble, teachers={"generation0": network(4)}).predict(images)
    torch.testing.assert_close(found.softmax(1), network(4).eval()(images).softmax(1))


def test_training_mode_does_not_reach_the_members(make, batch, members):
    method = make(Ensemble, teachers=members)
    before = {name: value.clone() for name, value in members["generation1"].state_dict().items()}
    method.train().predict(batch().views[0])
    assert all(torch.equal(value, before[name]) for name, value in members["generation1"].state_dict().items())


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="average is 'votes'; allowed: probabilities, logits"):
        Ensemble.Params(average="votes")


def test_it_has_no_weights_to_teach_with(make, members):
    with pytest.raises(BenchError, match="nobody's teacher"):
        make(Ensemble, teachers=members).export()


def test_a_run_is_one_evaluation():
    """Nothing is trained, so there is no training accuracy, whatever number of epochs the recipe says."""
    from bench.train.meters import EpochMeter

    assert not Ensemble.trains and Ensemble.cost() == 0
    assert EpochMeter().means() == {}
