"""The ramp-up, and the schedule's epochs that it counts."""

import math

import pytest

from bench.methods import Clock
from bench.methods.shared.weights import ramp


@pytest.mark.parametrize(
    ("epoch", "value"), [(0, math.exp(-5)), (40, math.exp(-1.25)), (80, 1.0), (299, 1.0), (-1, math.exp(-5))]
)
def test_values_of_the_published_ramp(epoch, value):
    assert ramp(epoch, 80) == pytest.approx(value)


def test_no_length_means_no_ramp():
    assert ramp(0, 0) == 1.0


def test_the_first_epoch_counts_as_zero():
    assert Clock(1, 300, 5, 10).schedule_epoch == 0.0


def test_a_training_for_a_tenth_of_the_epochs_walks_the_schedule_ten_times_as_fast():
    assert Clock(4, 30, 0, 10, schedule_epochs=300).schedule_epoch == 30.0
