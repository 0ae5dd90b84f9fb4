"""The interval for new images: by hand, in its limits, and against its nominal level where images and seeds are crossed."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.stats import Sample, new_images_difference, new_images_together, welch

A = np.array([[1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 0, 1, 1, 1]], dtype=bool)
B = np.array([[0, 1, 0, 0, 0, 1], [0, 1, 1, 0, 0, 1], [0, 0, 0, 1, 0, 1]], dtype=bool)


def test_by_hand() -> None:
    found = new_images_difference(list(A), list(B))
    p, q = A.mean(0), B.mean(0)
    seeds = [A.mean(1).var(ddof=1) / 3, B.mean(1).var(ddof=1) / 3]
    own = (p - q).var(ddof=1) - np.mean(p * (1 - p) + q * (1 - q)) / 2
    terms, dfs = [*seeds, own / 6], [2, 2, 5]
    variance = sum(terms)
    df = variance**2 / sum(term**2 / part for term, part in zip(terms, dfs, strict=True))
    assert own > 0
    assert found.estimate == pytest.approx(100 * (p - q).mean())
    assert found.df == pytest.approx(df)
    assert found.high - found.estimate == pytest.approx(100 * math.sqrt(variance) * stats.t.ppf(0.975, df))


def test_methods_that_differ_in_nothing_but_their_runs_have_the_interval_of_these_images() -> None:
    """S^2 is below 0 there, so that only the seeds' variance is left: Welch's."""
    a = np.random.default_rng(2).random((5, 400)) < 0.5
    b = a[::-1]
    found = new_images_difference(list(a), list(b))
    plain = welch(Sample.of((100 * a.mean(1)).tolist()), Sample.of((100 * b.mean(1)).tolist()))
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))


def test_too_few_runs_and_runs_of_other_images() -> None:
    assert new_images_difference(list(A[:2]), list(B)).state == "too few"
    assert math.isnan(new_images_difference([], list(B)).estimate)
    with pytest.raises(ValueError, match="image by image"):
        new_images_difference(list(A), list(B[:, :5]))


def world(rng: np.random.Generator, images: int = 200, seeds: int = 5) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Hits of two methods that are equally good on average over all images, each with images that suit it better."""
    hard = rng.standard_normal(images) * 1.5
    sides = []
    for _ in range(2):
        suits = rng.standard_normal(images)
        lucky = rng.standard_normal((seeds, 1)) * 0.1
        chance = 1 / (1 + np.exp(-(0.8 + hard + suits + lucky)))
        sides.append(list(rng.random((seeds, images)) < chance))
    return sides[0], sides[1]


def test_claims_about_new_images_keep_their_level_where_tests_over_seeds_do_not() -> None:
    rng, tables = np.random.default_rng(6), 1200
    crossed = over_seeds = 0
    for _ in range(tables):
        a, b = world(rng)
        crossed += new_images_difference(a, b).p <= 0.05
        means = [Sample.of([100 * float(run.mean()) for run in side]) for side in (a, b)]
        over_seeds += welch(*means).p <= 0.05
    assert 0.035 <= crossed / tables <= 0.065
    assert over_seeds / tables > 0.10


def test_columns_of_one_dataset_share_their_images() -> None:
    rng = np.random.default_rng(8)
    first, second, other = world(rng), world(rng), world(rng)
    one = {"r18": first}
    assert new_images_together(one, {"r18": "fusar"}) == new_images_difference(*first)
    same = new_images_together({"r18": first, "r50": first}, {"r18": "fusar", "r50": "fusar"})
    alone = new_images_difference(*first)
    assert same.estimate == pytest.approx(alone.estimate)
    # The same images twice are no second sample of images: the images' share of the variance stays whole.
    assert same.high - same.low > 0.8 * (alone.high - alone.low)
    apart = new_images_together({"a": first, "b": second, "c": other}, {"a": "x", "b": "x", "c": "y"})
    parts = [new_images_difference(*each).estimate for each in (first, second, other)]
    assert apart.estimate == pytest.approx(np.mean(parts))
