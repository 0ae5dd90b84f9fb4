"""How sure a finding is and how it was tested, in sentences; every one stands in a golden test with its case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bench.stats.columns import Ranks, Together
from bench.stats.detect import MOST_SEEDS, Reach
from bench.stats.words import MINUS, REASONS, capitalised, counted, listed, p_words, points, size, span, spelled, times_in_ten

INTERVALS = "An interval is of one difference alone, not corrected; a p value is corrected for its family (Holm)."


def power_sentence(reach: Reach, effect: float = math.nan, chance: float = math.nan, where: str = "", own: int = 0) -> str:
    """What the comparisons of a dataset find, from their own spreads.

    Parameters
    ----------
    effect, chance
        A true difference in pp that readers ask about (the median of the paper's own gains), and how often it would be found.
    where
        The dataset, as the page names it.
    own
        In how many comparisons of the paper's own methods; 0 where it is about those of the others.
    """
    start = f"{where}: " if where else ""
    varies = reach.comparisons > 1 and size(reach.smallest) != size(reach.largest)
    by = f" (median; {size(reach.smallest)} to {size(reach.largest)} by column)" if varies else ""
    text = f"{start}80 % power from a true {size(reach.median)} points on{by}"
    if math.isfinite(chance):
        text += f"; {size(effect)} points, the median of the paper's own gains, would be found {times_in_ten(chance)}"
        text += f" in the {spelled(own, 'comparison')} of its own methods" if own else ""
    return f"{text}."


def plan_sentence(seeds: int | None, effect: float, looks: int = 1) -> str:
    """The plan of a next experiment: how many seeds find the paper's gain of ``effect`` pp."""
    if not (math.isfinite(effect) and effect):
        return ""
    if seeds is None:
        return f"No number of seeds up to {MOST_SEEDS} gives 80 % power if {points(effect)} points is the truth."
    looked = f" (tested at {0.05 / looks:.3g}, for {looks} looks)" if looks > 1 else ""
    return f"{seeds} seeds per method: 80 % power if {points(effect)} points is the truth{looked}."


def looks_sentence(looks: int) -> str:
    """What repeated looks at growing results cost; empty for one look."""
    if looks < 2:
        return ""
    return f"These results are looked at {looks} times as seeds are added, so every test is made at {0.05 / looks:.3g}."


def chance_sentence(expected: float) -> str:
    """How many verdicts against the paper a perfect replication would show if the printed numbers are the truth."""
    amount = "fewer than 0.1" if expected < 0.095 else f"about {expected:.1f}"
    return f"If the printed numbers are true, a perfect replication would show {amount} verdicts against the paper by chance."


def epoch_sentence(judged: int, changed: int, printed: bool) -> str:
    """How far the verdicts hang on which epoch is taken; nothing where none was reached at the best epoch."""
    if not judged:
        return ""
    rule = "which the paper prints" if printed else "since the paper does not say which one it prints"
    others = "none of them is another" if not changed else f"{changed} of them {'is another' if changed == 1 else 'are others'}"
    verdicts = "1 verdict was" if judged == 1 else f"{judged} verdicts were"
    return f"{verdicts} reached at the best epoch too, {rule}: {others} than at the last."


def images_sentence(images: Sequence[int], where: str = "") -> str:
    """What the tests are about: the test images at hand, which are a sample themselves.

    Parameters
    ----------
    images
        Their number; several where runs differ in it.
    where
        The dataset, as the page names it.
    """
    whose = f" of {where}" if where else ""
    number = " or ".join(f"{each:,}" for each in images)
    return f"Every test is about these {number} test images{whose}; the second interval is about new images of the same kind."


def correlation_sentence(r: float, columns: int, chance: float) -> str:
    """That the tests are unpaired though the runs of a seed may have something in common; empty where r is unknown.

    Parameters
    ----------
    chance
        How far from 0 chance alone takes such an r (`seed_correlation`).
    """
    if math.isnan(r):
        return ""
    number = f"{r:.2f}".replace("-", MINUS)
    text = f"Runs of equal seed correlate by r = {number} on average here ({spelled(columns, 'comparison')})"
    if abs(r) < chance:
        return f"{text}, no more than by chance; the tests do not pair them."
    return f"{text}; the tests do not pair them, which makes them slightly {'cautious' if r > 0 else 'too bold'}."


def settings_sentence(together: Together) -> str:
    """What holds for new settings, or why nothing is said."""
    found = together.settings
    if found.reason:
        return f"{capitalised(found.reason)}."
    return (
        f"{points(found.estimate)} points over {counted(found.cells, together.unit)} as a sample of settings (95 % interval "
        f"{span(found.low, found.high)}; paired t, {p_words(together.settings_p)}; Wilcoxon alone, "
        f"{p_words(found.wilcoxon_p)})."
    )


def ranks_sentence(ranks: Ranks) -> str:
    """What the mean ranks are worth."""
    if ranks.reason and math.isnan(ranks.p):
        return f"No test of ranks: {ranks.reason}."
    skipped = f", {counted(ranks.skipped, 'column')} left out where a method has no number" if ranks.skipped else ""
    text = (
        f"Mean ranks of {len(ranks.ranks)} methods over {counted(ranks.columns, 'column')}{skipped}: {p_words(ranks.p)} "
        "(Friedman, Iman and Davenport's F). Descriptive: the columns of a table are no random sample"
    )
    if ranks.reason:
        return f"{text}. No picture: {ranks.reason}."
    return f"{text}. Bars join methods less than {ranks.critical_difference:.2f} ranks apart (Nemenyi)."


def unjudged_best_sentence(above: Mapping[str, tuple[Sequence[str], str]]) -> str:
    """Where the highest mean of a column is not the bold one.

    Parameters
    ----------
    above
        Column heading to the labels of the better cells that are not judged, and why.
    """
    words = [f"{column} ({listed(list(labels))}: {REASONS.get(reason, reason)})" for column, (labels, reason) in above.items()]
    return f"Bold is the best of the judged cells; a better mean that is not judged stands in {listed(words)}." if words else ""


def collapsed_sentence(columns: Mapping[str, tuple[Sequence[str], int]]) -> str:
    """Cells in which every run predicts one class.

    Parameters
    ----------
    columns
        Column heading to the labels of those cells, and how many cells the column has.
    """
    words = [
        f"{column} ({'all methods' if len(labels) == cells else listed(list(labels))})"
        for column, (labels, cells) in columns.items()
    ]
    return f"Every run predicts one class only in {listed(words)}." if words else ""
