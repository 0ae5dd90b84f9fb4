"""Every verdict on a level at both sides of its boundary, its size, and how tight a margin is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from bench.stats import LevelCell, Reported, Sample, chance_equivalent, level_verdicts
from bench.stats.detect import Spreads

NAN = math.nan
EPS = 1e-6
OURS = Sample(90.0, 1.0, 5)


def runs_of(sample: Sample) -> np.ndarray:
    """Values with exactly this mean and sd."""
    values = np.arange(sample.n, dtype=float)
    return (values - values.mean()) / values.std(ddof=1) * sample.sd + sample.mean


def verdict(difference: float, margin: float = NAN, sd: float | None = 2.0, n: int | None = 3) -> str:
    return level_verdicts({0: LevelCell(OURS, Reported(90.0 - difference, sd, n), margin)})[0].name


def halves() -> tuple[float, float]:
    total, df = 1 / 5 + 4 / 3, (1 / 5 + 4 / 3) ** 2 / ((1 / 5) ** 2 / 4 + (4 / 3) ** 2 / 2)
    return stats.t.ppf(0.95, df) * math.sqrt(total), stats.t.ppf(0.975, df) * math.sqrt(total)


def test_mean_sd_and_n_at_both_sides() -> None:
    half90, half95 = halves()
    assert verdict(0.1, 0.1 + half90 + EPS) == "equivalent"
    assert verdict(0.1, 0.1 + half90 - EPS) == "open"
    assert verdict(-0.1, 0.1 + half90 + EPS) == "equivalent"
    for margin in (0.5, NAN):
        assert verdict(half95 - EPS, margin) == "open"
        assert verdict(half95 + EPS, margin) == "higher"
        assert verdict(-half95 + EPS, margin) == "open"
        assert verdict(-half95 - EPS, margin) == "lower"


@pytest.mark.parametrize("margin", [0.5, 2.0, 4.0])
def test_equivalence_is_statsmodels(margin: float) -> None:
    theirs = Sample(90.4, 0.7, 3)
    found = level_verdicts({0: LevelCell(OURS, Reported(theirs.mean, theirs.sd, theirs.n), margin)})[0]
    p, _, _ = ttost_ind(runs_of(OURS), runs_of(theirs), -margin, margin, usevar="unequal")
    assert found.equivalence is not None
    assert found.equivalence.p == pytest.approx(p, abs=1e-10)
    assert (found.name == "equivalent") == (p < 0.05)
    assert found.chance == pytest.approx(chance_equivalent(margin, Spreads(1.0, 5, 0.7, 3)))
    assert found.too_tight == (found.chance < 0.5)


def test_means_a_margin_apart_are_called_equivalent_in_at_most_five_percent() -> None:
    rng, called, tables = np.random.default_rng(5), 0, 3000
    for _ in range(tables):
        a, b = rng.standard_normal((2, 5)) + np.array([[3.0], [0.0]])
        cell = LevelCell(Sample(a.mean(), a.std(ddof=1), 5), Reported(b.mean(), b.std(ddof=1), 5), margin=3.0)
        called += level_verdicts({0: cell})[0].name == "equivalent"
    assert 0.03 <= called / tables <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / tables)


@pytest.mark.parametrize(("sd", "n"), [(None, None), (None, 5), (2.0, None), (0.0, 5)])
def test_a_number_without_spread_or_n_is_held_against_our_scatter(sd: float | None, n: int | None) -> None:
    half = stats.t.ppf(0.975, 4) * math.sqrt(1 + 1 / 5)
    for sign in (1, -1):
        assert verdict(sign * (half - EPS), sd=sd, n=n) == "inside our scatter"
        assert verdict(sign * (half + EPS), sd=sd, n=n) == "outside our scatter"


def test_one_more_run_is_outside_in_five_percent() -> None:
    rng, outside = np.random.default_rng(3), 0
    for _ in range(4000):
        runs = rng.standard_normal(6)
        cell = LevelCell(Sample(runs[:5].mean(), runs[:5].std(ddof=1), 5), Reported(runs[5]))
        outside += level_verdicts({0: cell})[0].name == "outside our scatter"
    assert outside / 4000 == pytest.approx(0.05, abs=0.01)


def test_lower_and_higher_are_corrected_family_by_family() -> None:
    half95 = halves()[1]
    cell = LevelCell(OURS, Reported(90.0 - half95 - 0.01, 2.0, 3), family="own")
    same = replace(cell, printed=Reported(90.0, 2.0, 3))
    assert level_verdicts({0: cell})[0].name == "higher"
    assert level_verdicts({0: cell, 1: same})[0].name == "open"
    assert level_verdicts({0: cell, 1: replace(same, family="others")})[0].name == "higher"
    assert level_verdicts({0: cell, 1: replace(same, obstacle="our own split")})[0].name == "higher"


def test_a_perfect_replication_of_twenty_numbers_is_accused_in_at_most_five_percent() -> None:
    rng, accused, tables = np.random.default_rng(4), 0, 300
    for _ in range(tables):
        runs = rng.standard_normal((20, 2, 5))
        means, sds = runs.mean(2), runs.std(2, ddof=1)
        cells = {i: LevelCell(Sample(means[i, 0], sds[i, 0], 5), Reported(means[i, 1], sds[i, 1], 5)) for i in range(20)}
        accused += any(each.name in ("lower", "higher") for each in level_verdicts(cells).values())
    assert accused / tables <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / tables)


@pytest.mark.parametrize(
    ("change", "name", "reason"),
    [
        ({"status": "diverged"}, "diverged", "a training of ours ended without a finite value"),
        ({"ours": Sample.of([1.0, NAN])}, "diverged", "a training of ours ended without a finite value"),
        ({"ours": Sample.of([])}, "missing", "there is no finished result of ours"),
        ({"printed": Reported(NAN)}, "missing", "the paper prints no number here"),
        ({"obstacle": "our own split"}, "not comparable", "our own split"),
        ({"ours": Sample(90.0, 1.0, 2)}, "not judged", "two runs"),
        ({"ours": Sample(90.0, 0.0, 5)}, "not judged", "no spread"),
    ],
)
def test_verdicts_that_need_no_test(change: dict[str, object], name: str, reason: str) -> None:
    for printed in (Reported(90.0, 1.0, 5), Reported(90.0)):
        cell = replace(LevelCell(OURS, printed, 1.0), **change)  # type: ignore[arg-type]
        found = level_verdicts({0: cell})[0]
        assert (found.name, found.reason) == (name, reason)
        assert math.isnan(found.p)


def test_a_negative_margin_is_an_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        verdict(0.0, -1.0)
