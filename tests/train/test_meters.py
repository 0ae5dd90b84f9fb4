"""What a training keeps per epoch, and what its record says at the end."""

import math

import pytest

from bench.plan.metrics import METRICS
from bench.train.meters import Curve


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
