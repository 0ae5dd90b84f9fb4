"""Summaries of a cell's runs, and the states that they can be in."""

import math

import pytest

from bench.stats import Reported, Sample

NAN = math.nan


def test_mean_and_sd_are_the_sample_ones() -> None:
    assert Sample.of([90.0, 91.0, 92.0, 93.0, 94.0]) == Sample(92.0, pytest.approx(math.sqrt(2.5)), 5)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([], "missing"),
        ([90.0], "one run"),
        ([90.0, 91.0], "two runs"),
        ([90.0, 91.0, 92.0], "ok"),
        ([92.1] * 5, "no spread"),
        ([0.1 + 0.2, 0.3, 0.3], "no spread"),
        ([90.0, NAN, 91.0], "diverged"),
        ([NAN], "diverged"),
        ([90.0, math.inf], "diverged"),
    ],
)
def test_every_state_is_named(values: list[float], state: str) -> None:
    assert Sample.of(values).state == state
    assert Sample.of(values).usable == (state not in {"missing", "diverged"})


def test_a_mean_without_sd_has_its_own_state() -> None:
    assert Sample(90.0, NAN, 3).state == "no sd"


def test_nothing_is_dropped() -> None:
    assert Sample.of([90.0, NAN]).n == 2
    assert math.isnan(Sample.of([90.0, NAN]).mean)
    assert math.isnan(Sample.of([90.0]).sd)


def test_order_does_not_matter() -> None:
    assert Sample.of([90.1, 93.7, 88.2]) == Sample.of([88.2, 90.1, 93.7])


def test_an_unknown_n_is_one_run_and_its_sd_is_not_used() -> None:
    number = Reported(90.0, 1.0, None)
    assert number.runs == 1
    assert number.sample.n == 1
    assert math.isnan(number.sample.sd)
    assert Reported(NAN).sample.state == "missing"
    assert Reported(90.0, None, 3).sample.state == "no sd"


def test_runs_closer_than_one_test_image_have_no_spread() -> None:
    image = 100 / 41
    noisy = [33.3333343267, 33.3333333333, 33.3333320618]
    assert Sample.of(noisy).sd > 0
    assert Sample.of(noisy, image).state == "no spread"
    one_image_apart = [60.0, 60.0 + image * (1 - 1e-6), 60.0]  # in single precision
    assert Sample.of(one_image_apart, image).judged
    assert not Sample.of([60.0, 60.0 + image / 2, 60.0], image).judged


@pytest.mark.parametrize(
    ("number", "lacks", "variance"),
    [
        (Reported(90.0, 1.0, 5), "", (0.2, 4)),
        (Reported(90.0, 1.0), "its number of runs", (0.0, math.inf)),
        (Reported(90.0), "spread", (0.0, math.inf)),
        (Reported(90.0, None, 5), "spread", (0.0, math.inf)),
        (Reported(90.0, 0.0, 5), "spread", (0.0, math.inf)),
        (Reported(90.0, 1.0, 1), "spread", (0.0, math.inf)),
    ],
)
def test_what_a_printed_number_lacks(number: Reported, lacks: str, variance: tuple[float, float]) -> None:
    assert number.lacks == lacks
    assert number.mean_variance == pytest.approx(variance)
