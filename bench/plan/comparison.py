"""The comparison of a user's method with a paper's own: a variant more in the paper, a row more in its tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench.plan.catalogue import method_facts, method_files
from bench.plan.compute import EQUAL, derived, is_plain
from bench.plan.errors import BenchError, one_of
from bench.plan.metrics import METRICS
from bench.plan.settings import Settings
from bench.plan.values import NAME, Block, Entry, Heading, Paper, Table, Teacher, Variant

GROUP = "New method"


@dataclass(frozen=True)
class Column:
    """A column of a table in which methods are compared: its baseline and the other methods under the same conditions.

    Attributes
    ----------
    block, position
        Where it stands in the table.
    baseline
        The baseline's entry; its dataset, backbone and metric are the column's.
    methods
        The entries of every method of the paper there, the baseline's included, in reading order.
    """

    block: int
    position: int
    baseline: Entry
    methods: tuple[Entry, ...]

    @property
    def place(self) -> tuple[str, str]:
        return self.baseline.dataset, self.baseline.backbone


def name_of(settings: Settings) -> str:
    """The new method's name: that of its file.

    Raises
    ------
    BenchError
        If the settings name none, or a file that is neither a method nor numbers, or is not there.
    """
    path = Path(settings.new_method)
    if not settings.new_method:
        raise BenchError("no new method is named; new_method=my_method.py (or a .csv of numbers) names one")
    if path.suffix not in (".py", ".csv"):
        raise BenchError(f"new_method '{path}': a .py file with a method or a .csv file of numbers is expected")
    if not NAME.fullmatch(path.stem):
        raise BenchError(f"new_method '{path}': its name may hold letters, digits, . _ + - and starts with a letter or digit")
    if not path.is_file():
        raise BenchError(f"new_method '{path}': no such file")
    return path.stem


def is_trained(settings: Settings) -> bool:
    """Whether the new method is code to train, and not numbers."""
    return settings.new_method.endswith(".py")


def with_variant(paper: Paper, settings: Settings) -> Paper:
    """A paper with the new method as one more variant, named as its file, and once more for tables at equal compute."""
    name = name_of(settings)
    if name in paper.variants:
        raise BenchError(f"new_method '{settings.new_method}': '{paper.name}' has a variant '{name}' already; rename the file")
    facts = method_facts(method_files(settings.plugins)[name])
    roles = tuple(facts.get("teacher_roles", ()))
    for role in settings.new_method_teachers:
        if role not in roles:
            raise BenchError(f"new_method_teachers: '{name}' has no teacher '{role}'; {one_of(role, roles)}")
    usual = next((table.baseline for table in paper.tables.values()), "")
    teachers = {role: Teacher(settings.new_method_teachers.get(role, usual)) for role in roles}
    for role, teacher in teachers.items():
        if teacher.variant not in paper.variants:
            known = one_of(teacher.variant, paper.variants)
            raise BenchError(f"new_method_teachers, {role}: '{paper.name}' has no variant '{teacher.variant}'; {known}")
    label = str(facts.get("label", name))
    variant = Variant(name, name, label, params=dict(settings.new_method_params), teachers=teachers)
    variants = {**paper.variants, name: variant}
    for table in paper.tables.values():
        if table.compute == EQUAL and not is_plain(variant, method_files(settings.plugins)):
            variants |= derived([name], variants, table.baseline)
    return replace(paper, variants=variants)


def columns_of(table: Table) -> Iterator[Column]:
    """The columns of a table in which a new method can stand; none of a block that has no single baseline row."""
    for number, block in enumerate(table.blocks):
        row = _baseline_row(block, table.baseline)
        for position, baseline in enumerate(row or ()):
            if baseline is None or not _scored(baseline):
                continue
            here = (baseline.dataset, baseline.backbone, baseline.metric)
            entries = [line[position] for line in block.entries]
            methods = [
                entry for entry in entries if entry and _scored(entry) and (entry.dataset, entry.backbone, entry.metric) == here
            ]
            yield Column(number, position, baseline, tuple(dict.fromkeys(methods)))


def beside(table: Table, name: str, label: str, columns: Collection[Column]) -> Table:
    """The table cut down to ``columns``, with the new method's row below the others."""
    blocks = []
    for number, block in enumerate(table.blocks):
        kept = [column.position for column in columns if column.block == number]
        row = _baseline_row(block, table.baseline)
        if not kept or row is None:
            continue
        new = tuple(entry and replace(entry, variant=name) for entry in (row[position] for position in kept))
        block = block.with_columns(kept)
        blocks.append(replace(block, rows=(*block.rows, Heading(label, GROUP)), entries=(*block.entries, new)))
    return replace(table, blocks=tuple(blocks))


def _baseline_row(block: Block, baseline: str) -> tuple[Entry | None, ...] | None:
    """The row of a block that is its baseline's throughout; ``None`` if there is no such row or several."""
    rows = [line for line in block.entries if any(line) and all(e is None or e.variant == baseline for e in line)]
    return rows[0] if len(rows) == 1 else None


def _scored(entry: Entry) -> bool:
    return entry.trained and METRICS[entry.metric].is_score
