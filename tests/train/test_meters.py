"""What a training keeps per epoch, and what its record says at the end."""

import math

import pytest
import torch

from bench.plan.metrics import METRICS
from bench.train.meters import Curve, EpochMeter, StepResult, read_scalars


def curve_of_epochs(*values):
    curve = Curve()
    for value in values:
        curve.append({"test_accuracy": value})
    return curve


@pytest.mark.parametrize("values", [(50.0, 70.0, 60.0), (math.nan, 70.0, 60.0), (50.0, 70.0, math.nan, 60.0)])
def test_the_best_epoch_is_one_that_was_measured(values):
    curve = curve_of_epochs(*values)
    assert curve.metric("best_accuracy", METRICS["best_accuracy"]) == 70.0
    assert curve.metric("accuracy", METRICS["accuracy"]) == 60.0


@pytest.mark.parametrize("name", ["accuracy", "best_accuracy"])
def test_what_was_never_measured_is_not_recorded(name):
    assert curve_of_epochs(math.nan, math.nan).metric(name, METRICS[name]) is None
    assert Curve().metric(name, METRICS[name]) is None


def test_an_unmeasured_last_epoch_is_not_taken_for_an_earlier_one():
    assert curve_of_epochs(70.0, math.nan).metric("accuracy", METRICS["accuracy"]) is None


def test_an_epoch_has_the_mean_of_every_term_the_first_of_what_asks_for_it_and_the_share_of_hits():
    meter, loss, hits = EpochMeter(), torch.zeros(()), torch.zeros((), dtype=torch.int64)
    for step, value in enumerate((1.0, 2.0, 6.0)):
        loss.fill_(value)  # a replayed step writes to the same tensors
        hits.fill_(step)
        firsts = {"weight": loss} if step else {}
        terms = {"loss": loss, **({"late": loss} if step == 2 else {})}
        meter.add(StepResult(terms, hits, counted=4, images=4, firsts=firsts))
    assert meter.means("train_accuracy") == {"loss": 3.0, "weight": 2.0, "late": 6.0, "train_accuracy": 25.0}


def test_scalars_are_read_as_they_are_and_a_device_is_waited_for_once(monkeypatch):
    waited, tolist = [], torch.Tensor.tolist
    monkeypatch.setattr(torch.Tensor, "tolist", lambda self: waited.append(self) or tolist(self))
    values = [torch.tensor(0.1), torch.tensor(2**53 - 1), torch.tensor(0.1, dtype=torch.float64)]
    assert read_scalars(values) == [float(torch.tensor(0.1)), float(2**53 - 1), 0.1]
    assert len(waited) == 1 and read_scalars([]) == []
