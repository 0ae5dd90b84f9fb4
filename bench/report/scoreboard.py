"""A paper's verdicts in one line: whether its claims hold, as far as the tables that exist can say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from bench.report.formatting import counted
from bench.report.verdicts import OBSTACLES
from bench.stats import VERDICTS

# What a verdict says, for readers who see its symbol for the first time.
MEANINGS = {
    "reproduced": "equivalent to the paper within a margin that was fixed before training",
    "consistent, not settled": "no difference found, and too few runs to call it equivalent",
    "lower": "significantly below what the paper prints",
    "higher": "significantly above what the paper prints",
    "not comparable": "stand-in data, a reduced schedule, or runs that cannot be tested",
    "missing": "no finished run of ours, or no number of the paper's",
    "diverged": "a training ended without a finite value",
}
SETTLED = {"consistent, not settled": "not settled"}  # shorter, inside a sentence


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
    judged = sum(count for name, count in counts.items() if name not in OBSTACLES)
    if not counts:
        return "No verdict: no number is printed for what was trained." if finished else "Nothing trained yet."
    if not judged:
        words = [*dict.fromkeys(reasons)] or ["nothing trained" if set(counts) == {"missing"} else "no complete cell"]
        return f"No verdict yet: {'; '.join(words)}."
    rest = [f"{counts[name]} {SETTLED.get(name, name)}" for name in VERDICTS[1:] if name not in OBSTACLES and counts.get(name)]
    without = sum(counts.values()) - judged
    parts = [f"{counts.get('reproduced', 0)} of {counted(judged, noun)} reproduced", ", ".join(rest)]
    parts += [f"{without} more without a verdict" if without else ""]
    return "; ".join(filter(None, parts)) + "."


def own_claims(tested: int, significant: int) -> str:
    """What a paper's printed means, deviations and numbers of runs say of its gains; empty where none can be tested."""
    if not tested:
        return ""
    return f"{significant} of {counted(tested, 'gain')} significant"
