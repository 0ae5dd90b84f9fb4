"""A method against the baseline's curve at its own compute."""

import math

import numpy as np
import pytest

from bench.stats import Measured, Sample, against_curve, over_curve, welch


def at(mean, sd=1.0, n=5):
    return Measured(Sample(mean, sd, n))


CURVE = [(1.0, at(60.0)), (2.0, at(64.0)), (4.0, at(66.0))]


@pytest.mark.parametrize(
    ("compute", "level"), [(1.0, 60.0), (math.sqrt(2), 62.0), (2.0, 64.0), (4.0, 66.0), (8.0, 66.0), (0.5, 60.0)]
)
def test_the_curve_is_linear_in_the_logarithm_and_flat_beyond_its_ends(compute, level):
    contrast, reason = over_curve(compute, at(70.0), CURVE)
    assert contrast.estimate == pytest.approx(70.0 - level) and not reason


def test_at_a_budget_of_the_baseline_it_is_welch_s_test():
    contrast, _ = over_curve(2.0, at(67.0, 2.0), CURVE)
    found = welch(Sample(67.0, 2.0, 5), Sample(64.0, 1.0, 5))
    assert (contrast.p_zero(), contrast.df) == pytest.approx((found.p, found.df))


def test_between_two_budgets_variances_add_with_squared_weights():
    contrast, _ = over_curve(math.sqrt(2), at(62.0), CURVE)
    assert contrast.variance == pytest.approx(1 / 5 + (0.25 + 0.25) / 5)


def test_a_method_at_equal_epochs_may_beat_the_baseline_and_lie_below_its_curve():
    methods = {"dear": {"a": (4.0, at(62.0))}, "cheap": {"a": (1.0, at(64.0))}}
    over, outcomes = against_curve(methods, {"a": CURVE}, {"a": "a"})
    assert (over["dear"].outcome, over["cheap"].outcome) == ("worse", "better")
    assert outcomes == {("dear", "a"): "worse", ("cheap", "a"): "better"}


def test_a_baseline_without_spread_judges_nobody():
    over, _ = against_curve({"m": {"a": (1.5, at(70.0))}}, {"a": [(1.0, at(60.0)), (2.0, at(60.0, 0.0))]}, {"a": "a"})
    assert (over["m"].outcome, dict(over["m"].left_out)) == ("not judged", {"a": "no spread"})


def test_error_of_a_whole_family_on_the_curve_is_five_percent():
    draw, wrong, tables = np.random.default_rng(0), 0, 200
    for _ in range(tables):

        def cell(level):
            return Measured.of(tuple(level + draw.normal(0, 1, 5)))

        curves = {c: [(1.0, cell(60)), (2.0, cell(62)), (4.0, cell(64))] for c in "ab"}
        methods = {m: {c: (2.0**x, cell(60 + 2 * x)) for c in "ab"} for m, x in enumerate((0.0, 0.5, 1.0, 1.5, 2.0))}
        wrong += any(each.outcome != "open" for each in against_curve(methods, curves, {"a": "a", "b": "b"})[0].values())
    assert wrong / tables <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / tables)
