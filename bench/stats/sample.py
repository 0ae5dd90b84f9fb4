"""What is known about a cell: its mean, sd and number of runs, ours or as a paper prints it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

NOISE = 1e-9  # relative; a spread below it is rounding of equal values, not a spread
IMAGE = 1e-3  # relative; accuracies that were computed in single precision are off by less than this part of an image


@dataclass(frozen=True)
class Sample:
    """The runs of a cell in three numbers.

    Attributes
    ----------
    mean
        In the unit of the values (percent for accuracies); NaN when a run has no finite value.
    sd
        With ddof=1, in the same unit; NaN when it is unknown.
    n
        How many runs.
    """

    mean: float
    sd: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float], resolution: float = 0.0) -> Sample:
        """Summarise values of shape (n,); nothing is dropped, so one NaN makes the whole sample unusable.

        The sums are exact, so that the order of the values never matters.

        Parameters
        ----------
        resolution
            What one test image changes, in the unit of the values (100 / N for an accuracy); runs that lie closer together
            than that are the same number with rounding on it, and their sd is 0.
        """
        numbers = [float(value) for value in values]
        if not numbers or not all(map(math.isfinite, numbers)):
            return cls(math.nan, math.nan, len(numbers))
        mean = statistics.mean(numbers)
        if len(numbers) < 2:
            return cls(mean, math.nan, 1)
        sd = statistics.stdev(numbers)
        equal = sd <= NOISE * max(1.0, abs(mean)) or max(numbers) - min(numbers) < resolution * (1 - IMAGE)
        return cls(mean, 0.0 if equal else sd, len(numbers))

    @property
    def usable(self) -> bool:
        """Whether there is a finite mean."""
        return self.n >= 1 and math.isfinite(self.mean)

    @property
    def judged(self) -> bool:
        """Whether the runs can carry a test: three at least, every one finite, and not all the same number."""
        return self.state == "ok"

    @property
    def state(self) -> str:
        """One of 'missing', 'diverged', 'one run', 'no sd', 'no spread', 'two runs', 'ok'.

        'diverged' says that a run has no finite value. Only an 'ok' sample may win anything in a table.
        """
        if self.n < 1:
            return "missing"
        if not math.isfinite(self.mean):
            return "diverged"
        if self.n == 1:
            return "one run"
        if not math.isfinite(self.sd):
            return "no sd"
        if self.sd <= 0:
            return "no spread"
        return "two runs" if self.n == 2 else "ok"


@dataclass(frozen=True)
class Measured:
    """What is known of one cell: its summary, and the values of its runs where they are known, shape (n,)."""

    sample: Sample
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: Sequence[float]) -> Measured:
        """Of the values of runs."""
        return cls(Sample.of(values), tuple(values))


@dataclass(frozen=True)
class Reported:
    """A number as a paper prints it.

    Attributes
    ----------
    value
        In percent; NaN where the paper prints none.
    sd
        ``None`` where the paper prints none.
    n
        How many runs it is the mean of; ``None`` where the paper does not say, which is treated as one run and marked.
    """

    value: float
    sd: float | None = None
    n: int | None = None

    @property
    def runs(self) -> int:
        """The number of runs that the tests assume."""
        return self.n if self.n is not None and self.n >= 1 else 1

    @property
    def lacks(self) -> str:
        """What the number is printed without, as a test of its mean needs it: 'spread', 'its number of runs' or nothing."""
        if self.sd is None or not self.sd > 0 or self.n == 1:
            return "spread"
        return "" if self.n is not None and self.n >= 2 else "its number of runs"

    @property
    def mean_variance(self) -> tuple[float, float]:
        """Variance of the printed mean in pp squared, and its degrees of freedom; (0, infinity) where it is not printed."""
        if self.lacks or self.sd is None or self.n is None:
            return 0.0, math.inf
        return self.sd**2 / self.n, self.n - 1.0

    @property
    def sample(self) -> Sample:
        """The printed number as a sample; without a printed n an sd cannot be used, so there is none."""
        sd = self.sd if self.sd is not None and self.runs >= 2 else math.nan
        return Sample(self.value, sd, self.runs if math.isfinite(self.value) else 0)
