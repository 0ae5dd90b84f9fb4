"""What a rendered table shows, as frozen values: every text is formatted, the numbers stand beside it for the CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import fmean
from typing import Literal

from bench.records.provenance import Provenance
from bench.report.across.view import AcrossView
from bench.report.details import CellDetail
from bench.report.formatting import NO_NUMBER, Number, number, percent, signed
from bench.report.reported import Key
from bench.report.verdicts import OBSTACLES, BestEpochView, GainView, VerdictView, tally

State = Literal["measured", "missing", "diverged", "reported", "setting"]


@dataclass(frozen=True)
class SeedView:
    """One run of a cell: its number, that of its best epoch, and its time; ``provenance`` is ``None`` where it has no record.

    ``record`` is the path of one that was made here.
    """

    seed: int
    status: str
    number: Number
    best: str
    seconds: str
    reason: str
    record: str
    provenance: Provenance | None


@dataclass(frozen=True)
class PaperView:
    """The paper's number.

    ``gain_printed`` is false where its gain was subtracted here; ``significant`` is by the paper's own numbers.
    """

    value: Number
    sd: Number
    n: int | None
    gain: Number
    gain_printed: bool
    significant: bool
    p_adjusted: Number
    note: str


@dataclass(frozen=True)
class Sparkline:
    """A small picture of a cell on its column's common axis; positions in percent of the width."""

    seeds: tuple[float, ...]
    mean: float | None
    paper: float | None = None
    paper_low: float | None = None
    paper_high: float | None = None


@dataclass(frozen=True)
class CellView:
    """One cell of a table; ``repeated`` counts how often the table has shown the same cell before."""

    key: Key
    column: str
    row: str
    state: State
    words: str = ""
    seeds: tuple[SeedView, ...] = ()
    mean: Number = NO_NUMBER
    sd: Number = NO_NUMBER
    n: int = 0
    n_text: str = ""
    gain: GainView | None = None
    dagger: bool = False
    best: bool = False
    not_below_best: bool = False
    paper: PaperView | None = None
    difference: Number = NO_NUMBER
    level: VerdictView | None = None
    gain_verdict: VerdictView | None = None
    best_epoch: BestEpochView | None = None
    precisions: str = ""
    sparkline: Sparkline | None = None
    repeated: int = 0
    detail: CellDetail = field(default_factory=CellDetail)
    stand_in: bool = False

    @property
    def anchor(self) -> str:
        return "-".join(filter(None, self.key)) + (f"-{self.repeated}" if self.repeated else "")

    @property
    def untrained(self) -> bool:
        """Whether no run of the cell has a record."""
        return self.state == "missing" and all(seed.status == "missing" for seed in self.seeds)

    @property
    def verdicts(self) -> tuple[tuple[str, VerdictView], ...]:
        """The verdicts with what each is on; one where level and gain meet the same obstacle."""
        both = [(name, verdict) for name, verdict in (("level", self.level), ("gain", self.gain_verdict)) if verdict]
        if len(both) == 2 and both[0][1].text == both[1][1].text and both[0][1].name in OBSTACLES:
            return (("level and gain", both[0][1]),)
        return tuple(both)


@dataclass(frozen=True)
class CostView:
    """What a method costs, as means over its finished runs: passes as the baseline's, seconds, million parameters."""

    relative: Number
    seconds: Number
    parameters: Number


@dataclass(frozen=True)
class RowView:
    """A row; ``group_span`` is the number of rows of the group that starts here, 0 inside one.

    ``tag`` says what is special about its method, ``cost`` is given where a table has that column.
    """

    label: str
    group: str
    group_span: int
    is_baseline: bool
    cells: tuple[CellView | None, ...]
    tag: str = ""
    cost: CostView | None = None

    @property
    def name(self) -> str:
        """Its label within its group."""
        return " ".join(filter(None, (self.group, self.label)))

    @property
    def has_gains(self) -> bool:
        return any(cell and cell.gain and cell.gain.interval.known for cell in self.cells)

    @property
    def has_paper(self) -> bool:
        return any(cell and cell.paper for cell in self.cells)

    @property
    def mean(self) -> Number:
        """The mean over all columns, where there are several of one metric and each has a number."""
        cells = [cell for cell in self.cells if cell and cell.state == "measured" and cell.mean.known]
        whole = len(cells) == len(self.cells) > 1 and len({cell.key.metric for cell in cells}) == 1
        return number(fmean(cell.mean.value for cell in cells), percent) if whole else NO_NUMBER

    @property
    def mean_gain(self) -> Number:
        """The mean of the gains in those columns."""
        gains = [cell.gain.estimate for cell in self.cells if cell and cell.gain and cell.gain.estimate.known]
        whole = self.mean.known and len(gains) == len(self.cells)
        return number(fmean(gain.value for gain in gains), signed) if whole else NO_NUMBER


@dataclass(frozen=True)
class BlockView:
    title: str
    columns: tuple[str, ...]
    column_groups: tuple[tuple[str, int], ...]
    rows: tuple[RowView, ...]
    heading: str = "Method"

    @property
    def has_groups(self) -> bool:
        return any(row.group for row in self.rows)

    @property
    def has_column_groups(self) -> bool:
        return any(group for group, _ in self.column_groups)

    @property
    def has_costs(self) -> bool:
        return any(row.cost for row in self.rows)

    @property
    def has_paper(self) -> bool:
        return any(row.has_paper for row in self.rows)

    @property
    def has_means(self) -> bool:
        return sum(row.mean.known for row in self.rows) > 1

    @property
    def untrained(self) -> bool:
        """Whether cells of ours belong here, and none has a result."""
        cells = [cell for row in self.rows for cell in row.cells if cell and cell.state != "reported"]
        return bool(cells) and all(cell.untrained for cell in cells)


@dataclass(frozen=True)
class ComparisonView:
    """What a table says of a new method, whose gain over every other method stands in that method's cells.

    Attributes
    ----------
    name, label
        Of the new method.
    trained
        Whether it was trained here, and not given as numbers.
    headline
        What was found against the strongest stored method.
    notes
        What differs between the runs that are compared, without being a reason to refuse.
    page
        The paper's table with the new method's row, relative to the comparison; empty where there is none.
    """

    name: str
    label: str
    trained: bool
    headline: str
    notes: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True)
class TableView:
    """A table beside the paper's own numbers, or with a new method against every other one.

    Attributes
    ----------
    reference, baseline
        Id and label of the method that gains are over; a comparison has a gain over every method instead.
    gains
        What the gains are, in words.
    family
        How many of them were tested together.
    """

    paper: str
    paper_title: str
    short: str
    citation: str
    name: str
    label: str
    title: str
    note: str
    measure: str
    higher_is_better: bool
    reference: str
    baseline: str
    scale: str
    stand_ins: tuple[str, ...]
    obstacle: str
    blocks: tuple[BlockView, ...]
    sentences: tuple[str, ...]
    caption: tuple[tuple[str, str], ...]
    assumptions: tuple[tuple[str, str], ...]
    gains: str = ""
    family: int = 0
    dataset_assumptions: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    command: str = ""
    across: AcrossView | None = None
    stored: bool = False
    comparison: ComparisonView | None = None

    @property
    def stand_in(self) -> bool:
        return bool(self.stand_ins)

    @property
    def level_counts(self) -> dict[str, int]:
        """Verdict on the level to number of cells, in the order of the verdicts."""
        return tally(cell.level for cell in self.cells())

    @property
    def gain_counts(self) -> dict[str, int]:
        """The same of the gain."""
        return tally(cell.gain_verdict for cell in self.cells())

    @property
    def has_gains(self) -> bool:
        return any(cell.gain or cell.gain_verdict for cell in self.cells())

    @property
    def has_paper(self) -> bool:
        """Whether a paper prints numbers for it; none does for an arrangement of ours."""
        return any(block.has_paper for block in self.blocks)

    @cached_property
    def said_once(self) -> str:
        """The verdict on the level where every judged number meets the same obstacle, which the page says once; or nothing."""
        levels = [cell.level for cell in self.cells() if cell.level and cell.level.name != "missing"]
        texts = {level.text for level in levels}
        return texts.pop() if len(texts) == 1 and levels[0].name == "not comparable" else ""

    @property
    def has_costs(self) -> bool:
        return any(block.has_costs for block in self.blocks)

    @property
    def trains(self) -> bool:
        """Whether any of its numbers comes from a training of ours."""
        return any(cell.seeds for cell in self.cells())

    def gain_over(self, row: str) -> str:
        """What the gain in a row's cells is, in words."""
        return f"{self.comparison.label} against {row}" if self.comparison else f"gain over {self.baseline}"

    def cells(self) -> Iterator[CellView]:
        """Every cell once, in reading order."""
        for block in self.blocks:
            for row in block.rows:
                yield from (cell for cell in row.cells if cell is not None and not cell.repeated)
