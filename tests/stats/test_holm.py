"""Holm's correction against its definition and statsmodels."""

import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from bench.stats import holm, holm_in_families


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_nan_stays_and_does_not_count() -> None:
    adjusted = holm([math.nan, 0.01, math.nan, 0.04])
    assert adjusted[1::2] == pytest.approx([0.02, 0.04])
    assert math.isnan(adjusted[0])
    assert math.isnan(adjusted[2])
    assert all(map(math.isnan, holm([math.nan, math.nan])))


def test_against_statsmodels() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 50):
        p = np.round(rng.uniform(0, 0.2, size), 2)  # with ties
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


def test_families_are_corrected_apart() -> None:
    p = {"a": 0.01, "b": 0.02, "c": 0.01, "d": math.nan}
    adjusted = holm_in_families(p, {"a": "own", "b": "own"})
    assert list(adjusted) == list(p)
    assert (adjusted["a"], adjusted["b"], adjusted["c"]) == pytest.approx((0.02, 0.02, 0.01))
    assert math.isnan(adjusted["d"])


def test_rows_of_tables_are_each_corrected_as_one() -> None:
    rng = np.random.default_rng(1)
    tables = np.round(rng.uniform(0, 0.3, (30, 2, 7)), 2)
    tables[rng.random(tables.shape) < 0.2] = math.nan
    for row, adjusted in zip(tables.reshape(-1, 7), holm(tables).reshape(-1, 7), strict=True):
        assert adjusted == pytest.approx(holm(row.tolist()), nan_ok=True)
