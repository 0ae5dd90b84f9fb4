"""The columns of a table together: only those that can be tested, datasets as settings, ranks."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import Measured, Sample, mean_ranks, new_settings, pooled_difference, together, welch

NAN = math.nan


def cells(*pairs: tuple[float, float]) -> dict[str, Measured]:
    return {f"c{i}": Measured(Sample(mean, sd, 5)) for i, (mean, sd) in enumerate(pairs)}


BASE = cells((70, 1), (60, 2), (80, 0.5))
DATASETS = {"c0": "a", "c1": "a", "c2": "b"}


def one(method: dict[str, Measured], base: dict[str, Measured] = BASE, higher: bool = True):
    return together({"m": method}, {"m": base}, DATASETS, higher_is_better=higher)["m"]


def test_by_hand() -> None:
    found = one(cells((72, 1), (61, 1), (80, 1)))
    variances = [2 / 5, 5 / 5, 1.25 / 5]
    df = sum(variances) ** 2 / sum(part**2 / 4 for part in (1 / 5, 1 / 5, 4 / 5, 1 / 5, 0.25 / 5, 1 / 5))
    half = stats.t.ppf(0.975, df) * math.sqrt(sum(variances)) / 3
    assert found.mean.estimate == pytest.approx(1.0)
    assert (found.mean.low, found.mean.high) == pytest.approx((1 - half, 1 + half))
    assert found.tested == ("c0", "c1", "c2")


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (Measured(Sample(90, 0.0, 5)), "no spread"),
        (Measured(Sample(90, 1.0, 2)), "two runs"),
        (Measured(Sample(NAN, NAN, 5)), "diverged"),
        (Measured.of(()), "missing"),
    ],
)
def test_a_column_that_cannot_be_tested_is_named_and_in_no_mean(odd: Measured, reason: str) -> None:
    method = cells((72, 1), (61, 1))
    expected = pooled_difference([(method[key].sample, BASE[key].sample) for key in method])
    for found in (one({**method, "c2": odd}), one(cells((72, 1), (61, 1), (80, 1)), {**BASE, "c2": odd})):
        assert found.left_out == {"c2": reason}
        assert found.mean.estimate == pytest.approx(expected.estimate)
        assert found.mean.p == pytest.approx(expected.p)
        assert found.columns == 3


def test_a_zero_spread_makes_nothing_certain() -> None:
    flat = {key: Measured(Sample(90, 0.0, 5)) for key in BASE}
    found = together({"m": flat}, {"m": {key: Measured(Sample(80, 0.0, 5)) for key in BASE}}, DATASETS)["m"]
    assert found.outcome == "not judged"
    assert math.isnan(found.mean.p)
    assert set(found.left_out.values()) == {"no spread"}


def test_error_rates_turn_the_sign() -> None:
    method = cells((68, 1), (59, 1), (80, 1))
    assert one(method, higher=False).mean.estimate == pytest.approx(1.0)


def test_holm_over_the_methods_of_each_family() -> None:
    methods = {
        "own": cells((72, 1), (62, 1), (80.5, 1)),
        "x": cells((72, 1), (61, 1), (81, 1)),
        "y": cells((71, 1), (61, 1), (80, 1)),
    }
    found = together(methods, dict.fromkeys(methods, BASE), DATASETS, own=["own"])
    expected = multipletests([found["x"].mean.p, found["y"].mean.p], method="holm")[1]
    assert [found["x"].p_adjusted, found["y"].p_adjusted] == pytest.approx(list(expected))
    assert found["own"].p_adjusted == found["own"].mean.p
    assert (found["own"].family, found["x"].family) == ("own", "others")
    assert found["own"].outcome == "better"


def test_a_new_method_stands_against_each_stored_one() -> None:
    new = cells((75, 1), (65, 1), (85, 1))
    found = together({"a": new, "b": new}, {"a": BASE, "b": cells((90, 1), (90, 1), (90, 1))}, DATASETS)
    assert (found["a"].outcome, found["b"].outcome) == ("better", "worse")


def test_several_datasets_are_the_settings() -> None:
    gains = {i: float(i % 5) + 0.1 * i for i in range(12)}
    found, unit = new_settings(gains, {i: f"d{i % 6}" for i in gains})
    means = [np.mean([gains[i] for i in gains if i % 6 == d]) for d in range(6)]
    assert unit == "dataset"
    assert found.cells == 6
    assert found.t_p == pytest.approx(stats.ttest_1samp(means, 0).pvalue)
    assert found.wilcoxon_p == pytest.approx(stats.wilcoxon(means).pvalue)


def test_five_backbones_on_two_datasets_are_two_settings() -> None:
    found, _ = new_settings({i: float(i) for i in range(10)}, {i: "ab"[i % 2] for i in range(10)})
    assert found.reason == "2 datasets are too few for a statement about new settings; it needs 6"
    assert math.isnan(found.t_p)
    found, unit = new_settings({1: 1.0}, {1: "a"})
    assert (unit, found.reason) == ("column", "1 column is too few for a statement about new settings; it needs 6")


def test_settings_are_corrected_over_the_methods() -> None:
    rng = np.random.default_rng(1)
    columns = {f"c{i}": f"d{i}" for i in range(7)}
    base = {column: Measured(Sample(70, 1, 5)) for column in columns}
    methods = {name: {column: Measured(Sample(71 + rng.normal(), 1, 5)) for column in columns} for name in "xyz"}
    found = together(methods, dict.fromkeys(methods, base), columns)
    expected = multipletests([found[name].settings.t_p for name in methods], method="holm")[1]
    assert [found[name].settings_p for name in methods] == pytest.approx(list(expected))


def test_iman_and_davenports_f() -> None:
    """Demsar 2006, section 3.2.2: 4 methods, 14 datasets, chi2 = 9.28, F = 3.69 with 3 and 39 df."""
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((4, 14)) + np.array([0.0, 0.3, 0.8, 0.9])[:, None]
    chi2 = stats.friedmanchisquare(*matrix).statistic
    f = 13 * chi2 / (14 * 3 - chi2)
    assert mean_ranks(matrix.tolist()).p == pytest.approx(stats.f.sf(f, 3, 39))
    assert stats.f.sf(13 * 9.28 / (14 * 3 - 9.28), 3, 39) == pytest.approx(stats.f.sf(3.69, 3, 39), abs=2e-4)


def test_the_picture_of_ranks_stands_only_where_ranks_can_differ_that_much() -> None:
    rng = np.random.default_rng(0)
    twenty = mean_ranks(rng.standard_normal((20, 2)).tolist())
    assert math.isnan(twenty.critical_difference)
    assert twenty.pairwise == ()
    assert "is not below 19" in twenty.reason
    five = mean_ranks(rng.standard_normal((5, 10)).tolist(), higher_is_better=False)
    assert five.critical_difference == pytest.approx(2.728 * math.sqrt(5 * 6 / (6 * 10)), abs=1e-3)  # Demsar's table 5
    assert five.reason == ""
    assert len(five.pairwise) == 5


def test_ranks_skip_what_is_incomplete() -> None:
    found = mean_ranks([[3.0, NAN, 1.0], [2.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    assert (found.columns, found.skipped) == (2, 1)
    assert found.ranks == (2.0, 2.0, 2.0)
    same = mean_ranks([[3.0] * 6, [2.0] * 6, [1.0] * 6])
    assert same.p == 0.0
    assert mean_ranks([[1.0], [NAN]]).reason == "no column in which every method has a number"
    assert mean_ranks([[1.0, 2.0], [2.0, 1.0]]).reason == "it takes three methods and two columns"
    assert math.isnan(mean_ranks([[1.0] * 3] * 3).p)


def test_one_column_is_welch() -> None:
    found = together({"m": {"c0": Measured(Sample(72, 1, 5))}}, {"m": {"c0": Measured(Sample(70, 2, 4))}}, DATASETS)["m"]
    same = welch(Sample(72, 1, 5), Sample(70, 2, 4))
    assert (found.mean.low, found.mean.p) == (same.low, same.p)
