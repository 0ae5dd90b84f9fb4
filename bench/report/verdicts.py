"""What tests say of a cell, as readers see it: a verdict beside the paper's number, a difference to another method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.report.formatting import NO_INTERVAL, NO_NUMBER, Interval, Number, interval, number, percent, probability, signed
from bench.stats import CLAIM_VERDICTS, LEVEL_VERDICTS, Difference
from bench.stats.words import REASONS

OBSTACLES = ("not comparable", "missing", "diverged", "not judged")  # verdicts without a test
VERDICTS = tuple(dict.fromkeys((*CLAIM_VERDICTS, *LEVEL_VERDICTS)))
# A shape per verdict, so that nothing hangs on colour alone; two that share one are never of the same number.
SYMBOLS = {
    "confirmed": "●", "direction confirmed": "◕", "smaller": "◔", "not found": "▽", "reversed": "▼", "open": "◐",
    "no claim": "·", "equivalent": "●", "lower": "▼", "higher": "▲", "inside our scatter": "◍", "outside our scatter": "◇",
    "not comparable": "○", "missing": "–", "diverged": "✕", "not judged": "□",
}  # fmt: skip


def slug(name: str) -> str:
    """A verdict's name as a style class."""
    return name.replace(" ", "-")


def tone(name: str, higher_is_better: bool) -> str:
    """A verdict's style class; where lower is better, a lower number must not look like a worse one."""
    exchanged = {"open": "undecided"} | ({} if higher_is_better else {"lower": "higher", "higher": "lower"})
    return slug(exchanged.get(name, name))


# A shape and a style class per outcome of a comparison.
OUTCOMES = {
    "better": ("▲", "confirmed"),
    "worse": ("▼", "lower"),
    "open": ("◐", "undecided"),
    "not judged": ("□", "not-judged"),
}


@dataclass(frozen=True)
class GainView:
    """The difference of two methods in percentage points, positive where the first is better, and what the tests say of it.

    ``reason`` says why it is not judged. The ``interval`` is of this difference alone, that of ``images`` for new test images
    of the same kind; ``family`` names the one that p is adjusted in.
    """

    estimate: Number
    interval: Interval
    images: Interval
    p: Number
    hedges_g: Number
    p_adjusted: Number
    superiority: Number
    outcome: str
    family: str
    permutation: Number = NO_NUMBER
    reason: str = ""

    @classmethod
    def of(cls, found: Difference, images: Difference | None, p_adjusted: float, superiority: float, **more: Any) -> GainView:
        """A tested difference; ``images`` is the same with its interval for new images."""
        return cls(
            estimate=number(found.estimate, signed),
            interval=interval(found.low, found.high),
            images=interval(images.low, images.high) if images else NO_INTERVAL,
            p=number(found.p, probability),
            hedges_g=number(found.hedges_g, percent),
            p_adjusted=number(p_adjusted, probability),
            superiority=number(superiority, percent),
            **more,
        )

    @property
    def words(self) -> str:
        """The outcome, with the reason where nothing is judged."""
        return f"{self.outcome}: {REASONS.get(self.reason, self.reason)}" if self.reason else self.outcome

    @property
    def symbol(self) -> str:
        return OUTCOMES[self.outcome][0]

    @property
    def tone(self) -> str:
        return OUTCOMES[self.outcome][1]


@dataclass(frozen=True)
class VerdictView:
    """A verdict: its name, the name with the obstacle where there is one, and the sentence that says why."""

    name: str
    text: str
    sentence: str

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.name, "")

    @property
    def slug(self) -> str:
        return slug(self.name)

    def tone(self, what: str, higher_is_better: bool) -> str:
        """The style class of the verdict on the "level" or the "gain"."""
        return tone(self.name, higher_is_better or what == "gain")


@dataclass(frozen=True)
class BestEpochView:
    """A cell at the best epoch of each run; ``printed`` says that the paper prints that one, and not that it may."""

    mean: Number
    sd: Number
    printed: bool
    level: VerdictView | None
    gain: VerdictView | None

    @property
    def verdicts(self) -> tuple[tuple[str, VerdictView], ...]:
        """The verdicts that were reached, with what each is on."""
        both = (("level", self.level), ("gain", self.gain))
        return tuple((name, verdict) for name, verdict in both if verdict and verdict.name not in OBSTACLES)


def tally(verdicts: Iterable[VerdictView | None]) -> dict[str, int]:
    """Verdict to number of cells, in the order of the verdicts."""
    counts = Counter(verdict.name for verdict in verdicts if verdict)
    return {name: counts[name] for name in VERDICTS if counts[name]}
