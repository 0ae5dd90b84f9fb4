"""The tolerant patriarch."""

import pytest
import torch
import torch.nn.functional as F

from bench.methods.baseline import Baseline
from bench.methods.patriarch import Patriarch
from bench.plan import BenchError


def test_losses_are_the_two_terms_of_equation_3(batch, clock, network):
    data = batch(classes=7)
    probabilities = network(0, 7).train()(data.views[0]).softmax(1)
    ordered = probabilities.sort(1, descending=True).values
    step = _patriarch(network, 7)(data, clock())
    torch.testing.assert_close(step.losses["ce"], 3 / 7 * F.nll_loss(probabilities.log(), data.labels))
    torch.testing.assert_close(step.losses["difference"], 4 / 7 * (ordered[:, 0] - ordered[:, 1:5].mean(1)).mean())
    torch.testing.assert_close(step.logs["f_a1"], ordered[:, 0].mean())


def _patriarch(network, count, **params):
    return Patriarch(network(0, count), Patriarch.Params(**params), count, {}).train()


def test_eta_can_be_given_instead():
    assert Patriarch.Params(target=None, eta=0.25).weight == 0.25
    assert Patriarch.Params(target=0.8).weight == pytest.approx(0.5)


def test_eta_0_is_the_baseline(network, batch, clock, make):
    losses = _patriarch(network, 5, target=None, eta=0.0, classes=2)(batch(), clock()).losses
    torch.testing.assert_close(sum(losses.values()), make(Baseline)(batch(), clock()).losses["ce"])


@pytest.mark.parametrize(
    "params", [{"eta": 0.5}, {"target": None}, {"target": 0.1}, {"target": None, "eta": 1.5}, {"target": 0.6, "classes": 1}]
)
def test_bad_parameters_give_one_line(params):
    with pytest.raises(ValueError, match="allowed|either") as caught:
        Patriarch.Params(**params)
    assert "\n" not in str(caught.value)


def test_it_needs_more_classes_than_it_compares(network):
    with pytest.raises(BenchError, match="compares 5 classes and needs a dataset with more, this one has 5"):
        _patriarch(network, 5)
