"""A paper's own claims by its own numbers."""

import math

import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bench.stats import ClaimCounts, Reported, printed_claims

# Three gains of DRRNet-SKD Table 2 (FUSAR-Ship, AlexNet), as printed.
NUMBERS = {
    "baseline": Reported(79.36, 0.34, 5),
    "lsr": Reported(80.31, 0.36, 5),
    "tfkd": Reported(79.60, 0.76, 5),
    "drrnet": Reported(81.02, 0.49, 5),
}
BASELINE = dict.fromkeys(("lsr", "tfkd", "drrnet"), "baseline")


def raw(name: str, factor: float = 1.0) -> float:
    a, b = NUMBERS[name], NUMBERS["baseline"]
    assert a.sd and b.sd
    return float(stats.ttest_ind_from_stats(a.value, a.sd * factor, 5, b.value, b.sd * factor, 5, equal_var=False).pvalue)


def test_own_methods_and_the_others_are_corrected_apart() -> None:
    found = printed_claims(NUMBERS, BASELINE, own=["drrnet"])
    others = multipletests([raw("lsr"), raw("tfkd")], method="holm")[1]
    assert found["drrnet"].p_adjusted == pytest.approx(raw("drrnet"))
    assert [found[name].p_adjusted for name in ("lsr", "tfkd")] == pytest.approx(list(others))
    assert ClaimCounts.of(found.values(), "own") == ClaimCounts(1, 1, 1, 1)
    assert ClaimCounts.of(found.values(), "others") == ClaimCounts(2, 2, 1, 1)
    assert found["lsr"].difference.estimate == pytest.approx(0.95)


def test_a_population_deviation_is_the_smaller_one() -> None:
    """A gain that is significant at +- as a sample sd and not at +- as a population sd."""
    numbers = {"baseline": Reported(70.0, 1.0, 5), "m": Reported(71.55, 1.0, 5)}
    found = printed_claims(numbers, {"m": "baseline"})["m"]
    wide = stats.ttest_ind_from_stats(71.55, math.sqrt(1.25), 5, 70, math.sqrt(1.25), 5, equal_var=False).pvalue
    assert found.significant and wide > 0.05 and not found.if_population


def test_error_rates_and_losses() -> None:
    found = printed_claims(NUMBERS, BASELINE, higher_is_better=False)
    assert found["lsr"].difference.estimate == pytest.approx(-0.95)
    assert not any(claim.significant for claim in found.values())


def test_what_is_not_printed_is_not_filled_in() -> None:
    numbers = {
        "baseline": Reported(70.0, 0.5, 3),
        "no n": Reported(75.0, 0.1),
        "no sd": Reported(75.0, None, 3),
        "good": Reported(75.0, 0.1, 3),
    }
    found = printed_claims(numbers, dict.fromkeys(("no n", "no sd", "good", "absent"), "baseline"))
    assert set(found) == {"no n", "no sd", "good"}
    for name, lacks in (("no n", "its number of runs"), ("no sd", "spread")):
        claim = found[name]
        assert (claim.lacks, claim.significant, math.isnan(claim.p_adjusted)) == (lacks, False, True)
        assert claim.difference.estimate == pytest.approx(5.0)
    assert ClaimCounts.of(found.values(), "others") == ClaimCounts(
        printed=3, tested=1, significant=1, if_population=1, without_spread=1, without_n=1
    )
    assert ClaimCounts.of(found.values(), "own") == ClaimCounts()
