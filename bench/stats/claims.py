"""The paper's own claims, tested by the paper's own numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.stats.correction import holm
from bench.stats.difference import Difference
from bench.stats.sample import Reported
from bench.stats.table import Key, gain


@dataclass(frozen=True)
class Claim:
    """A gain that a paper prints, and whether its printed sds and n bear it out.

    Attributes
    ----------
    gain
        In pp, positive where the method is better (also for error rates).
    difference
        The gain's Welch test; NaN in what the printed numbers do not allow.
    p_adjusted
        Holm-adjusted over the paper's table.
    significant
        Better than the baseline at a family-wise 5 %.
    state
        'ok', or why the claim cannot be borne out: 'missing', 'n unknown', 'one run', 'no sd', 'two runs', 'no spread'.
    """

    gain: float
    difference: Difference
    p_adjusted: float
    significant: bool
    state: str


def paper_claims(
    reported: Mapping[Key, Reported], baseline_of: Mapping[Key, Key], higher_is_better: bool = True, alpha: float = 0.05
) -> Mapping[Key, Claim]:
    """Test each gain of a printed table: Welch from mean, sd and n, Holm over the table.

    Parameters
    ----------
    reported
        The printed numbers in percent.
    baseline_of
        The baseline of each cell; a baseline is absent or its own, and has no claim.
    higher_is_better
        False for error rates.

    Returns
    -------
    Mapping[Key, Claim]
        One for each reported cell that has a baseline; what cannot be tested does not count in the family.
    """
    versus = {key: baseline_of[key] for key in reported if baseline_of.get(key, key) != key}
    nothing = Reported(math.nan)
    pairs = {key: (reported[key], reported.get(base, nothing)) for key, base in versus.items()}
    gains = {key: gain(method.sample, baseline.sample, higher_is_better) for key, (method, baseline) in pairs.items()}
    adjusted = holm([difference.p for difference in gains.values()])
    claims = {}
    for (key, difference), p in zip(gains.items(), adjusted, strict=True):
        state = next((name for number in pairs[key] if (name := printed_state(number)) != "ok"), "ok")
        significant = state == "ok" and p <= alpha and difference.estimate > 0
        claims[key] = Claim(difference.estimate, difference, p, significant, state)
    return claims


def printed_state(number: Reported) -> str:
    """What a printed number allows: the states of a sample, and 'n unknown'."""
    state = number.sample.state
    return "n unknown" if state == "one run" and number.n is None else state
