"""The sentence of a verdict; what holds for a whole table (that intervals are not corrected, say) stands in its caption.

Every one stands in a golden test with its case.
"""

from __future__ import annotations

import math

from bench.stats.detect import ConfirmationPlan
from bench.stats.ladder import ClaimVerdict
from bench.stats.level import LevelVerdict
from bench.stats.words import capitalised, counted, not_judged_words, p_words, points, size, span, times_in_ten


def claim_sentence(verdict: ClaimVerdict) -> str:
    """What led to a verdict on a gain."""
    if untested := _without_test(verdict):
        return untested
    if verdict.name == "no claim":
        return f"The paper prints no gain here ({points(verdict.printed, 2)} points)."
    found = verdict.difference
    lacks = f", without {verdict.lacks}" if verdict.lacks and not verdict.elsewhere else ""
    where = f" {verdict.elsewhere}" if verdict.elsewhere else ""
    ours = f"{points(found.estimate, 2)} points{where} ({span(found.low, found.high, 2)})"
    return f"{ours}; the paper prints {points(verdict.printed, 2)}{lacks}. {_finding(verdict)}"


def _without_test(verdict: ClaimVerdict | LevelVerdict) -> str:
    """Why there was nothing to test; empty where there was."""
    if verdict.name == "not comparable":
        return f"Not comparable: {verdict.reason}."
    if verdict.name in ("missing", "diverged"):
        return f"{capitalised(verdict.reason)}."
    return f"{not_judged_words(verdict.reason).capitalize()}." if verdict.name == "not judged" else ""


def _finding(verdict: ClaimVerdict) -> str:
    p, more, less = p_words(verdict.p), p_words(verdict.p_more), p_words(verdict.p_less)
    findings = {
        "confirmed": f"Above 0 ({p}), and more than half of the printed gain ({more}).",
        "smaller": f"Above 0 ({p}), but less than half of the printed gain ({less}).",
        "not found": f"Not shown to be above 0 ({p}), and less than half of the printed gain ({less}).",
        "reversed": f"Below 0 ({p}).",
    }
    if verdict.name == "direction confirmed":
        size_words = (
            "its size is not judged" if verdict.elsewhere else "whether it is more than half of the printed gain is open"
        )
        return f"Above 0 ({p}); {size_words}."
    plan = "" if verdict.plan is None else f" {plan_words(verdict.plan)}"
    return findings[verdict.name] if verdict.name in findings else f"{_undecided(verdict, p, less)}{plan}"


def _undecided(verdict: ClaimVerdict, p: str, less: str) -> str:
    if verdict.elsewhere:
        return f"Neither above nor below 0 ({p})."
    return f"Neither above 0 ({p}) nor less than half of the printed gain ({less})."


def plan_words(plan: ConfirmationPlan) -> str:
    """What an open gain would have taken."""
    aim = "confirmed" if plan.size else "direction confirmed"
    chance = plan.chance
    text = f"If the paper is exactly right, such runs come out as “{aim}” {times_in_ten(chance)}"
    if chance >= 0.8:
        return f"{text}."
    seeds = plan.seeds
    if seeds is None:
        return f"{text}; no number of seeds makes that 8 times in 10."
    return f"{text}; {counted(seeds, 'seed')} per method make that 8 times in 10."


def level_sentence(verdict: LevelVerdict, higher_is_better: bool = True) -> str:
    """What led to a verdict on a number; 'lower' and 'higher' are about the number, so it says which is better."""
    if untested := _without_test(verdict):
        return untested
    found = verdict.difference
    if verdict.name in ("inside our scatter", "outside our scatter"):
        return _scatter(verdict)
    gap = f"{points(found.estimate, 2)} points from the printed number ({span(found.low, found.high, 2)}, {p_words(verdict.p)})"
    if verdict.name in ("lower", "higher"):
        better = (found.estimate > 0) == higher_is_better
        return f"{gap}: {verdict.name}, which is {'better' if better else 'worse'}."
    test = verdict.equivalence
    margin = math.nan if test is None else test.margin
    if verdict.name == "equivalent" and test is not None:
        inside = f"the 90 % interval {span(test.low, test.high, 2)} lies inside the margin of {size(margin, 2)}"
        apart = " The two are not the same, but closer than the margin." if not found.low <= 0 <= found.high else ""
        return f"{points(found.estimate, 2)} points from the printed number: {inside}.{apart}"
    if math.isnan(margin):
        return f"{gap}: no difference is shown, and no margin was fixed to call the two equivalent."
    return f"{gap}: neither a difference nor equivalence within {size(margin, 2)} is shown. {margin_sentence(verdict)}"


def margin_sentence(verdict: LevelVerdict) -> str:
    """How often the margin lets two equal means be called equivalent."""
    if not math.isfinite(verdict.chance):
        return ""
    tight = ": too tight to decide" if verdict.too_tight else ""
    return f"Within this margin equal means are shown to be equivalent {times_in_ten(verdict.chance)}{tight}."


def _scatter(verdict: LevelVerdict) -> str:
    found = verdict.difference
    half = (found.high - found.low) / 2
    is_inside = verdict.name == "inside our scatter"
    verb = "could be one more run of ours" if is_inside else "lies further off than one more run of ours would"
    return (
        f"The printed number, without {verdict.lacks}, {verb}: {size(found.estimate, 2)} points from our mean, where 95 % of "
        f"runs lie within {size(half, 2)}."
    )
