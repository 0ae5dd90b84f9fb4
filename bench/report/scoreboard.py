"""A paper's verdicts in one line: whether its claims hold, as far as the tables that exist can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bench.report.verdicts import OBSTACLES, VERDICTS
from bench.stats.words import counted

# What a verdict says, for readers who see its symbol for the first time.
MEANINGS = {
    "confirmed": "a gain above 0, and more than half of the printed one",
    "direction confirmed": "a gain above 0; whether it is more than half of the printed one is open, or not judged",
    "smaller": "a gain above 0, but significantly less than half of the printed one",
    "not found": "no gain shown, and significantly less than half of the printed one",
    "reversed": "significantly worse than the baseline",
    "open": "none of these is shown; the cell says how likely that was and how many seeds it takes",
    "no claim": "the paper prints no gain above 0",
    "equivalent": "a number equivalent to the printed one within a margin that was fixed before training",
    "lower": "significantly below the number that the paper prints",
    "higher": "significantly above the number that the paper prints",
    "inside our scatter": "the printed number, given without spread, could be one more run of ours",
    "outside our scatter": "the printed number, given without spread, lies further off than one more run of ours would",
    "not comparable": "stand-in data, a reduced schedule, another split or another rule for the epoch",
    "missing": "no finished run of ours, or no number of the paper's",
    "diverged": "a training ended without a finite value",
    "not judged": "fewer than three runs, or all of them gave the same number",
}


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of several tallies, in the order of the verdicts."""
    found: Counter[str] = Counter()
    for each in counts:
        found.update(each)
    return {name: found[name] for name in VERDICTS if found[name]}


def answer(level: Mapping[str, int], gain: Mapping[str, int], reasons: Iterable[str], finished: int = 0) -> str:
    """Whether the paper's claims hold, in a sentence; gains are its claims, and levels where it claims no gain.

    Parameters
    ----------
    level, gain
        Verdict to number of cells.
    reasons
        Why cells are not comparable, each once.
    finished
        Runs in its tables.
    """
    noun, counts = ("gain", gain) if gain else ("level", level)
    counts = {name: count for name, count in counts.items() if name != "no claim"}
    judged = sum(count for name, count in counts.items() if name not in OBSTACLES)
    if not counts:
        return "No verdict: no number is printed for what was trained." if finished else "Nothing trained yet."
    if not judged:
        words = [*dict.fromkeys(reasons)] or ["nothing trained" if set(counts) == {"missing"} else "no complete cell"]
        return f"No verdict yet: {'; '.join(words)}."
    found = [(name, counts[name]) for name in VERDICTS if name not in OBSTACLES and counts.get(name)]
    without = sum(counts.values()) - judged
    text = f"{counted(judged, noun)}: {', '.join(f'{count} {name}' for name, count in found)}"
    if len(found) == 1:
        text = f"The one {noun} is {found[0][0]}" if judged == 1 else f"All {judged} {noun}s are {found[0][0]}"
    return f"{text}{f'; {without} more without a verdict' if without else ''}."
