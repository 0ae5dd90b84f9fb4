"""What a comparison shows, as frozen values: every text is formatted, the numbers stand beside it for the CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.report.across.view import AcrossRow
from bench.report.formatting import NO_NUMBER, Number
from bench.report.reported import Key
from bench.report.view import GainView


@dataclass(frozen=True)
class ArmCell:
    """A method's number in one column, and the new method against it.

    ``words`` says what is special about it, or why it is not compared.
    """

    key: Key
    mean: Number = NO_NUMBER
    sd: Number = NO_NUMBER
    n: int = 0
    n_text: str = ""
    words: str = ""
    duel: GainView | None = None


@dataclass(frozen=True)
class ArmRow:
    """A method, and the new one against it over all columns that both have.

    ``cost`` is (passes relative to the baseline's, seconds per training, million parameters while training).
    """

    name: str
    label: str
    cells: tuple[ArmCell | None, ...]
    cost: tuple[Number, Number, Number]
    tally: str = ""
    over: AcrossRow | None = None
    is_new: bool = False
    is_strongest: bool = False


@dataclass(frozen=True)
class Section:
    """One table in which the new method is compared."""

    target: str
    title: str
    measure: str
    columns: tuple[str, ...]
    rows: tuple[ArmRow, ...]
    headline: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    stand_ins: tuple[str, ...]
    higher_is_better: bool
    family: int
    page: str = ""  # of the paper's table with the new row, relative to the comparison

    def cells(self) -> Iterator[tuple[ArmRow, ArmCell]]:
        for row in self.rows:
            yield from ((row, cell) for cell in row.cells if cell is not None)


@dataclass(frozen=True)
class ComparisonView:
    """A new method against the stored results of some tables."""

    name: str
    label: str
    scale: str
    scale_note: str
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...]
    numbers_only: bool
    command: str

    @property
    def stand_ins(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for section in self.sections for name in section.stand_ins))
