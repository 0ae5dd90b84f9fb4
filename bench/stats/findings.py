"""What a table or a comparison found, in sentences; every one stands in a golden test with its case.

They are in the order in which people ask: what was found over all columns, in single columns, how sure, how tested.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bench.stats.columns import Column, Together
from bench.stats.pairwise import Counts
from bench.stats.printed import ClaimCounts
from bench.stats.words import (
    REASONS,
    counted,
    listed,
    p_words,
    points,
    reasons_listed,
    size,
    span,
    spelled,
)

OTHERS_WORDS = "the other methods' "


def across_sentence(rows: Sequence[tuple[str, Together]], other: str = "the baseline") -> str:
    """Which methods beat another one over the columns together: the first sentence of a page.

    Parameters
    ----------
    rows
        Label and result of each method.
    """
    judged = [(label, each) for label, each in rows if each.tested]
    if not judged:
        return f"Over the columns together no method can be compared with {other}." if rows else ""
    most = max(len(each.tested) for _, each in judged)
    named: dict[str, list[str]] = {"better": [], "worse": [], "open": []}
    for label, each in sorted(judged, key=lambda row: list(named).index(row[1].outcome)):
        less = f", {len(each.tested)} of {each.columns} columns" if len(each.tested) < most else ""
        unit = " points" if not any(named[name] for name in ("better", "worse")) else ""
        number = f"{points(each.mean.estimate)}{unit}" if each.outcome != "open" else ""
        inside = f"{number}{less}" if number else less.removeprefix(", ")
        named[each.outcome].append(f"{label} ({inside})" if inside else label)
    columns = max((each.columns for _, each in judged), default=most)
    over = f"over the {spelled(most, 'column')}" if most == columns else f"over {most} of {columns} columns"
    parts = []
    if named["better"]:
        parts.append(f"{listed(named['better'])} {_verb(named['better'], 'beats', 'beat')} {other} {over}")
    if named["worse"]:
        where = "" if parts else f" than {other} {over}"
        parts.append(f"{listed(named['worse'])} {_verb(named['worse'], 'is', 'are')} worse{where}")
    if named["open"]:
        where = f" to {other} {over}" if not parts else ""
        parts.append(f"{'for ' if parts else 'For '}{listed(named['open'])} no difference{where} is shown")
    unjudged = [label for label, each in rows if not each.tested]
    if unjudged:
        parts.append(f"{listed(unjudged)} cannot be tested")
    return "; ".join(parts) + "."


def left_out_sentence(rows: Sequence[tuple[str, Together[Column]]], heading: Callable[[Column], str]) -> str:
    """Which columns are in no mean, by method, and why; empty where every column is."""
    places: dict[tuple[str, str], list[str]] = {}
    for label, each in rows:
        for column, reason in each.left_out.items():
            places.setdefault((heading(column), reason), []).append(label)
    if not places:
        return ""
    methods = len(rows)
    words = [
        f"{column}{'' if len(labels) == methods else f' of {listed(labels)}'} ({REASONS.get(reason, reason)})"
        for (column, reason), labels in places.items()
    ]
    return f"Not in these means: {'; '.join(words)}."


def cells_sentence(own: Counts, others: Counts, short: str = "", baseline: str = "the baseline") -> str:
    """How many gains of single columns are significant, the paper's own methods and the others apart.

    Parameters
    ----------
    short
        The paper's name.
    """
    groups = [(words, counts) for words, counts in ((f"{short}'s own ", own), (OTHERS_WORDS, others)) if counts.total]
    total, reasons = own.total + others.total, Counter(own.reasons) + Counter(others.reasons)
    if not total:
        return ""
    alone = sum(reasons.values()) == total
    if total == 1:
        text = f"In its one column the gain {'cannot be tested' if alone else 'is' if own.better + others.better else 'is not'}"
        text += f" ({reasons_listed(reasons)})" if alone else " significant"
    elif alone:
        return f"In single columns none of {total} gains can be tested ({reasons_listed(reasons)})."
    elif not own.better + others.better:
        text = f"In single columns none of {total} gains is significant{' (Holm within each group)' if len(groups) > 1 else ''}"
    else:
        shares = [(words if own.total else "", counts.better, counts.total) for words, counts in groups if counts.judged]
        text = f"In single columns {_shares(shares)}{' (Holm within each group)' if len(groups) > 1 else ''}"
    worse = own.worse + others.worse
    if worse:
        text += f"; {worse} {'is' if worse == 1 else 'are'} significantly below {baseline}"
    if reasons and not alone:
        because = f"because {reasons_listed(reasons)}" if set(reasons) == {"no spread"} else f"({reasons_listed(reasons)})"
        text += f"; {sum(reasons.values())} cannot be tested {because}"
    return f"{text}."


def rivals_sentence(counts: Counts, short: str) -> str:
    """The own methods against the best rival of each column, which is what a paper claims."""
    if not counts.judged:
        return ""
    if counts.judged == 1:
        where = "In the one column that can be compared"
        if counts.open:
            return f"{where} no difference between {short} and the best rival is shown."
        return f"{where} {short} is {'better' if counts.better else 'worse'} than the best rival."
    return (
        f"Against the best rival of its column {short} is better in {counts.better} of "
        f"{counted(counts.judged, 'comparison')}, worse in {counts.worse}, open in {counts.open}."
    )


def comparison_sentence(over: Together, counts: Counts, others: Sequence[str]) -> str:
    """What a new method did against the best stored one, over the columns together and in single ones.

    Parameters
    ----------
    others
        The best stored method; several names where their means tie exactly, the first of which is compared with.
    """
    tie = f" (best stored method in a tie with {listed(others[1:])})"
    best = others[0] + (", the best stored method" if len(others) == 1 else tie)
    if not over.tested:
        return f"Not compared with {best}: no column can be tested ({reasons_listed(counts.reasons)})."
    mean = over.mean
    columns = spelled(len(over.tested), "column") if not over.left_out else f"{len(over.tested)} of {over.columns} columns"
    if over.outcome == "open":
        # An interval of one difference alone may leave zero out where the test, adjusted for its family, finds nothing.
        alone = "" if mean.low <= 0 <= mean.high else f" taken alone, {p_words(over.p_adjusted)} by Holm"
        interval = f"95 % interval {span(mean.low, mean.high)}{alone}, {columns}"
        named = f"{best}," if len(others) == 1 else best
        first = f"No difference to {named} is shown: {points(mean.estimate)} points ({interval})."
    else:
        low, high = (mean.low, mean.high) if mean.estimate > 0 else (-mean.high, -mean.low)
        interval = f"95 % interval {size(low)} to {size(high)}, {columns}"
        first = f"{size(mean.estimate)} points {over.outcome} than {best} ({interval})."
    if counts.judged == 1:
        return first
    missing = f", not tested in {counts.not_judged} ({reasons_listed(counts.reasons)})" if counts.not_judged else ""
    return f"{first} In single columns better in {counts.better}, worse in {counts.worse}, open in {counts.open}{missing}."


def claims_sentence(own: ClaimCounts, others: ClaimCounts, short: str) -> str:
    """The paper's own claims by the paper's own numbers."""
    printed, tested = own.printed + others.printed, own.tested + others.tested
    if not printed:
        return ""
    without_n, without_spread = own.without_n + others.without_n, own.without_spread + others.without_spread
    if not tested:
        known = {without_spread: "no deviations,", without_n: "deviations, but not of how many runs,"}
        lack = known.get(printed, "deviations of some numbers only, and not of how many runs,")
        return f"The paper prints {lack} so its gains cannot be tested by its own numbers."
    groups = [(words, counts) for words, counts in ((f"{short}'s own ", own), (OTHERS_WORDS, others)) if counts.tested]
    shares = _shares([(words if own.tested else "", counts.significant, counts.printed) for words, counts in groups])
    both = " within each group" if len(groups) > 1 else ""
    text = f"By the paper's own means, deviations and numbers of runs {shares} (Welch, Holm{both})"
    changed = [str(counts.if_population) for _, counts in groups]
    same = all(counts.if_population == counts.significant for _, counts in groups)
    text += "; the same if ± is a population deviation" if same else f"; {' and '.join(changed)} if ± is a population deviation"
    lacks = [f"{without_n} without a number of runs"] if without_n else []
    lacks += [f"{without_spread} without a deviation"] if without_spread else []
    return f"{text}. Not tested: {listed(lacks)}." if lacks else f"{text}."


def _shares(groups: Sequence[tuple[str, int, int]]) -> str:
    """How many of each group (whose, significant, all) are significant: ``6 of A's own 10 gains are significant and ...``."""
    parts: list[str] = []
    for whose, significant, total in groups:
        verb = "is" if total == 1 or significant == 1 else "are"
        said = "" if parts else f" {verb} significant"
        if total > 1:
            parts.append(f"{significant} of {whose}{total}{said and ' gains'}{said}")
        else:
            parts.append(f"{whose}one gain {verb}{'' if significant else ' not'}{said and ' significant'}")
    return listed(parts)


def _verb(subjects: Sequence[str], one: str, several: str) -> str:
    return one if len(subjects) == 1 else several
