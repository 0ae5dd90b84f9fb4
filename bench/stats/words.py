"""Numbers, counts and chances as the sentences write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MINUS = "−"
SPELLED = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
# Why a comparison is not judged, by the state of the side that cannot carry a test.
REASONS = {
    "missing": "no runs",
    "diverged": "a run diverged",
    "one run": "one run",
    "two runs": "two runs",
    "no sd": "no deviation is given",
    "no spread": "every run gave the same number",
}


def points(value: float, decimals: int = 1) -> str:
    """A difference with its sign: +1.2, −0.5; a zero has none."""
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def size(value: float, decimals: int = 1) -> str:
    """A difference without its sign."""
    return f"{abs(value):.{decimals}f}"


def span(low: float, high: float, decimals: int = 1) -> str:
    """An interval of a difference: −0.4 to +2.8."""
    return f"{points(low, decimals)} to {points(high, decimals)}"


def p_words(p: float) -> str:
    """A p-value, in the one notation of all pages: p = 0.012, p < 0.001."""
    if math.isnan(p):
        return "p unknown"
    return "p < 0.001" if p < 0.0005 else f"p = {min(p, 1.0):.3f}"


def capitalised(text: str) -> str:
    """The same text as a sentence begins."""
    return text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """``1 gain``, ``2 gains``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def spelled(count: int, noun: str) -> str:
    """``one column``, ``ten columns``, ``13 columns``."""
    word = SPELLED[count] if 0 < count < len(SPELLED) else str(count)
    return f"{word} {noun}" if count == 1 else f"{word} {noun}s"


def times_in_ten(chance: float) -> str:
    """A probability: ``4 times in 10``; the ends are rounded away from certainty."""
    if chance < 0.05:
        return "less than once in 20"
    if chance > 0.95:
        return "more than 19 times in 20"
    tenths = min(9, max(1, round(10 * chance)))
    return "once in 10" if tenths == 1 else f"{tenths} times in 10"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def reasons_listed(reasons: Mapping[str, int]) -> str:
    """Why comparisons are not judged, the most frequent first: ``two runs (3), no runs (1)``; a lone reason has no count."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    words = [REASONS.get(reason, reason) for reason, _ in ordered]
    if len(words) == 1:
        return words[0]
    return ", ".join(f"{word} ({count})" for word, (_, count) in zip(words, ordered, strict=True))


def not_judged_words(reason: str) -> str:
    """What stands in the place of a verdict: ``two runs: not judged``."""
    return f"{REASONS.get(reason, reason)}: not judged"
