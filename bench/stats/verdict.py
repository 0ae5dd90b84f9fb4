"""Ours against the paper's: one verdict for the level, one for the gain over the baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.stats import sentences
from bench.stats.contrast import Contrast, against, combine
from bench.stats.difference import Difference, describe
from bench.stats.equivalence import tost
from bench.stats.sample import Reported, Sample

VERDICTS = ("reproduced", "consistent, not settled", "lower", "higher", "not comparable", "missing", "diverged")


@dataclass(frozen=True)
class Verdict:
    """A name out of `VERDICTS` and the sentence that explains it."""

    name: str
    sentence: str


def verdict_level(
    ours: Sample,
    paper: Reported,
    margin: float,
    higher_is_better: bool = True,
    obstacle: str = "",
    status: str = "finished",
) -> Verdict:
    """Judge our mean beside the paper's.

    Parameters
    ----------
    ours, paper
        In percent.
    margin
        In pp, fixed before training; NaN where none was.
    higher_is_better
        Only for the sentence's 'better' or 'worse': 'lower' and 'higher' are about the number.
    obstacle
        Why the two cannot be compared ('stand-in data'); empty where they can.
    status
        'finished', 'diverged', or any other word for runs that have no result.

    Raises
    ------
    ValueError
        When the margin is negative.
    """
    found = _without_test((ours,), (paper,), obstacle, status)
    return found or _judge("mean", against(ours, paper), margin, higher_is_better, sentences.caveat_sentence(paper))


def verdict_gain(
    ours: Sample,
    ours_baseline: Sample,
    paper: Reported,
    paper_baseline: Reported,
    margin: float,
    higher_is_better: bool = True,
    obstacle: str = "",
    status: str = "finished",
) -> Verdict:
    """Judge our gain over the baseline beside the paper's gain.

    A gain is positive where the method is better, also for error rates, so that 'lower' is always the worse
    side. The parameters are those of `verdict_level`; ``status`` is the worse one of the two cells.
    """
    found = _without_test((ours, ours_baseline), (paper, paper_baseline), obstacle, status)
    contrast = _gain(ours, ours_baseline, paper, paper_baseline, higher_is_better)
    return found or _judge("gain", contrast, margin, True, sentences.caveat_sentence(paper, paper_baseline))


def level_difference(ours: Sample, paper: Reported) -> Difference:
    """Our mean minus the paper's in pp, with its 95 % interval, as `verdict_level` judges it."""
    return describe(against(ours, paper))


def gain_difference(
    ours: Sample, ours_baseline: Sample, paper: Reported, paper_baseline: Reported, higher_is_better: bool = True
) -> Difference:
    """Our gain minus the paper's in pp, with its 95 % interval, as `verdict_gain` judges it."""
    return describe(_gain(ours, ours_baseline, paper, paper_baseline, higher_is_better))


def _gain(ours: Sample, ours_baseline: Sample, paper: Reported, paper_baseline: Reported, higher_is_better: bool) -> Contrast:
    sign = 1.0 if higher_is_better else -1.0
    return combine([(sign, against(ours, paper)), (-sign, against(ours_baseline, paper_baseline))])


def _without_test(ours: tuple[Sample, ...], paper: tuple[Reported, ...], obstacle: str, status: str) -> Verdict | None:
    """The verdicts that need no test: what diverged or is missing comes first, then what must not or cannot be compared."""
    if status == "diverged":
        return Verdict("diverged", sentences.diverged_sentence())
    if status != "finished" or any(sample.n < 1 for sample in ours):
        return Verdict("missing", sentences.missing_sentence("there is no finished result of ours"))
    if not all(sample.usable for sample in ours):
        return Verdict("diverged", sentences.diverged_sentence())
    if not all(math.isfinite(number.value) for number in paper):
        return Verdict("missing", sentences.missing_sentence("the paper prints no number here"))
    reason = obstacle or _untestable(ours)
    return Verdict("not comparable", sentences.incomparable_sentence(reason)) if reason else None


def _untestable(ours: tuple[Sample, ...]) -> str:
    """Why runs of ours cannot be judged, whatever the paper prints: an sd of 0, say, would make anything certain."""
    if any(sample.n == 1 for sample in ours):
        return "one run of ours has no sd"
    if any(not math.isfinite(sample.sd) for sample in ours):
        return "our mean comes without an sd"
    return "our runs differ in nothing, so nothing can be tested" if any(sample.sd <= 0 for sample in ours) else ""


def _judge(subject: str, contrast: Contrast, margin: float, higher_is_better: bool, caveat: str) -> Verdict:
    test, difference = tost(contrast, margin), describe(contrast)
    if test.equivalent:
        return Verdict("reproduced", sentences.reproduced_sentence(subject, difference, test, caveat))
    if difference.low <= 0 <= difference.high:
        return Verdict("consistent, not settled", sentences.unsettled_sentence(subject, difference, test, caveat))
    name = "higher" if difference.estimate > 0 else "lower"
    better = (difference.estimate > 0) == higher_is_better
    return Verdict(name, sentences.differing_sentence(subject, difference, better, caveat))
