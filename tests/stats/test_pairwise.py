"""Pairs in families: what is judged, what the families keep, own methods against the best rival."""

import math
import random

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import (
    Counts,
    Measured,
    Sample,
    against_baselines,
    best_of,
    own_against_best_rival,
    pairwise,
    seed_correlation,
)

NAN = math.nan
BASE = Measured.of([70.0, 71.0, 72.0, 73.0, 74.0])


def shifted(by: float) -> Measured:
    return Measured.of([value + by for value in BASE.values])


def test_welch_and_holm_in_each_family() -> None:
    pairs = {name: (shifted(by), BASE) for name, by in (("a", 4.0), ("b", 3.0), ("c", 2.5), ("d", -3.5))}
    family_of = {"a": "own", "b": "own", "c": "others", "d": "others"}
    found = pairwise(pairs, family_of)
    raw = {name: stats.ttest_ind(method.values, BASE.values, equal_var=False).pvalue for name, (method, _) in pairs.items()}
    for family in ("own", "others"):
        names = [name for name in pairs if family_of[name] == family]
        expected = multipletests([raw[name] for name in names], method="holm")[1]
        assert [found[name].p_adjusted for name in names] == pytest.approx(list(expected))
    assert found["a"].outcome == "better"
    assert found["d"].outcome == "worse"
    assert found["c"].difference.estimate == pytest.approx(2.5)


def test_the_sign_is_the_methods_advantage_also_for_error_rates() -> None:
    found = pairwise({"m": (shifted(-4.0), BASE)}, higher_is_better=False)["m"]
    assert found.difference.estimate == pytest.approx(4.0)
    assert found.outcome == "better"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "missing"),
        ([80.0], "one run"),
        ([80.0, 81.0], "two runs"),
        ([80.0] * 5, "no spread"),
        ([80.0, NAN, 81.0, 82.0], "diverged"),
    ],
)
def test_what_cannot_carry_a_test_is_not_judged_and_counts_in_no_family(values: list[float], reason: str) -> None:
    alone = pairwise({"good": (shifted(3.0), BASE)})["good"].p_adjusted
    for pair in ((Measured.of(values), BASE), (BASE, Measured.of(values))):
        found = pairwise({"good": (shifted(3.0), BASE), "odd": pair})
        assert (found["odd"].outcome, found["odd"].reason) == ("not judged", reason)
        assert math.isnan(found["odd"].difference.low)
        assert math.isnan(found["odd"].p_adjusted)
        assert found["good"].p_adjusted == alone


def test_counts_say_why() -> None:
    found = pairwise({"a": (shifted(5.0), BASE), "b": (Measured.of([1.0, 2.0]), BASE), "c": (shifted(0.1), BASE)})
    counts = Counts.of(found.values())
    assert (counts.better, counts.worse, counts.open, counts.reasons) == (1, 0, 1, {"two runs": 1})
    assert (counts.judged, counts.not_judged, counts.total) == (2, 1, 3)


def test_the_order_of_rows_and_runs_never_matters() -> None:
    rng = random.Random(3)
    cells = {key: Measured.of([rng.gauss(70 + key, 1) for _ in range(5)]) for key in range(8)}
    baseline_of = dict.fromkeys(range(1, 8), 0)
    found = against_baselines(cells, baseline_of, own=[1, 2])
    keys = list(cells)
    rng.shuffle(keys)
    mixed = {key: Measured.of(rng.sample(cells[key].values, 5)) for key in keys}
    again = against_baselines(mixed, {key: 0 for key in keys if key}, own=[2, 1])
    for key in baseline_of:
        assert again[key].p_adjusted == pytest.approx(found[key].p_adjusted, rel=1e-12)
        assert again[key].outcome == found[key].outcome


def test_a_missing_cell_and_a_baseline_of_its_own() -> None:
    found = against_baselines({"base": BASE, "m": shifted(4.0)}, {"base": "base", "m": "base", "gone": "base"})
    assert set(found) == {"m", "gone"}
    assert found["gone"].reason == "missing"
    assert {pair.family for pair in found.values()} == {"others"}


# The sds that DRRNet-SKD prints on OpenSARShip: baseline, LSR, Tf-KD, DLB, DRRNet-SKD in five columns.
PRINTED = np.array(
    [
        [2.05, 2.38, 2.51, 1.25, 1.60],
        [2.79, 0.86, 1.61, 1.29, 0.72],
        [1.22, 1.72, 1.73, 0.97, 1.99],
        [1.47, 1.13, 0.63, 1.08, 1.26],
        [0.49, 0.87, 1.72, 0.91, 0.72],
    ]
)


@pytest.mark.parametrize("sds", [np.ones((5, 5)), PRINTED], ids=["equal", "printed"])
def test_a_table_without_differences_claims_any_in_at_most_five_percent(sds: np.ndarray) -> None:
    rng, tables = np.random.default_rng(11), 500
    false = {"own": 0, "others": 0}
    baseline_of = {(row, column): (0, column) for row in range(5) for column in range(5)}
    own = [(4, column) for column in range(5)]
    for _ in range(tables):
        runs = rng.standard_normal((5, 5, 5)) * sds[..., None]
        means, deviations = runs.mean(-1), runs.std(-1, ddof=1)
        cells = {(i, j): Measured(Sample(70 + means[i, j], deviations[i, j], 5)) for i in range(5) for j in range(5)}
        found = against_baselines(cells, baseline_of, own).values()
        for family in false:
            false[family] += any(pair.outcome in ("better", "worse") for pair in found if pair.family == family)
    limit = 0.05 + 2 * math.sqrt(0.05 * 0.95 / tables)
    assert false["own"] / tables <= limit
    assert false["others"] / tables <= limit
    assert false["own"] + false["others"] > 0  # a test that never rejects would pass too


def test_own_methods_against_the_best_rival_of_each_column() -> None:
    columns = {
        "one": {"base": shifted(9.0), "r1": BASE, "r2": shifted(1.0), "mine": shifted(5.0)},
        "two": {"base": BASE, "r1": shifted(2.0), "mine": shifted(-3.0)},
        "three": {"base": BASE, "r1": Measured.of([70.0]), "mine": shifted(1.0)},
    }
    found = own_against_best_rival(columns, {"mine"}, "base")
    assert list(found) == [("one", "mine"), ("two", "mine")]
    assert [pair.difference.estimate for pair in found.values()] == pytest.approx([4.0, -5.0])
    assert found["two", "mine"].outcome == "worse"
    raw = [stats.ttest_ind(shifted(4.0).values, BASE.values, equal_var=False).pvalue,
           stats.ttest_ind(shifted(-5.0).values, BASE.values, equal_var=False).pvalue]  # fmt: skip
    expected = multipletests(raw, method="holm")[1]
    assert found["one", "mine"].p_adjusted == pytest.approx(expected[0])


def test_ties_are_named_and_lower_is_better_for_errors() -> None:
    samples = {"a": Sample(10, 1, 5), "b": Sample(10, 2, 5), "c": Sample(9, 1, 2), "d": Sample(12, 1, 5)}
    assert best_of(samples, higher_is_better=False) == ("a", "b")
    assert best_of(samples) == ("d",)
    assert best_of({"c": samples["c"]}) == ()


def test_seed_correlation() -> None:
    rng = np.random.default_rng(5)
    pairs = [tuple(rng.standard_normal((2, 5)).tolist()) for _ in range(3)]
    expected = np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs])
    assert seed_correlation([*pairs, ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([1.0, 2.0], [2.0, 1.0])]) == (
        pytest.approx(expected),
        3,
        pytest.approx(1.96 / math.sqrt(3 * 4)),
    )
    assert math.isnan(seed_correlation([])[0])
