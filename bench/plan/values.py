"""The suite's frozen values: run, cell, variant, table, paper; figures have a file of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from bench.plan.errors import BenchError
from bench.plan.figures import Figure

Split = Literal["paper", "own"]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


@dataclass(frozen=True, order=True)
class Cell:
    """The runs of one (scale, paper, dataset, backbone, variant); they differ in their seed alone."""

    scale: str
    paper: str
    dataset: str
    backbone: str
    variant: str

    def __post_init__(self) -> None:
        for part in (self.scale, self.paper, self.dataset, self.backbone, self.variant):
            if not NAME.fullmatch(part):
                raise BenchError(f"'{part}' cannot be part of a run's id; allowed: letters, digits, . _ + -")

    @property
    def id(self) -> str:
        return f"{self.scale}/{self.paper}/{self.dataset}/{self.backbone}/{self.variant}"

    def run(self, seed: int) -> Run:
        return Run(self, seed)


@dataclass(frozen=True, order=True)
class Run:
    """One training. Its id is its path below ``results/runs``."""

    cell: Cell
    seed: int

    @property
    def id(self) -> str:
        return f"{self.cell.id}/seed{self.seed}"

    @property
    def record(self) -> PurePosixPath:
        """Where its record lies, relative to the working directory."""
        return PurePosixPath(f"results/runs/{self.id}.json")

    @property
    def workspace(self) -> PurePosixPath:
        """Its folder for checkpoints, weights and logs: undeclared to Snakemake, so that no failure deletes it."""
        return PurePosixPath("results/work") / self.id

    @property
    def weights(self) -> PurePosixPath:
        """Where the plain network's weights lie, where they are kept."""
        return self.workspace / "weights.pt"


def parse_run(text: str) -> Run:
    """Read a run's id, as in ``demo/drrnet/fusar/resnet18/dlb/seed0``."""
    parts = text.removeprefix("results/runs/").removesuffix(".json").split("/")
    if len(parts) != 6 or not re.fullmatch(r"seed\d{1,6}", parts[5]):
        raise BenchError(f"'{text}' is not a run; expected SCALE/PAPER/DATASET/BACKBONE/VARIANT/seedN")
    return Run(Cell(*parts[:5]), int(parts[5][4:]))


@dataclass(frozen=True)
class Teacher:
    """Where a student's teacher comes from; what is ``None`` is the student's own.

    ``backbone`` may be a mapping from the student's backbone to the teacher's.
    """

    variant: str
    backbone: str | Mapping[str, str] | None = None
    dataset: str | None = None
    seed: int | None = None


@dataclass(frozen=True)
class EqualCompute:
    """What a variant at the baseline's compute is made of: it and its teachers are trained for equally many epochs.

    ``student`` and ``baseline`` are variants of the paper; ``students`` is the first student's backbone by the teacher's, where
    that is another one.
    """

    student: str
    baseline: str
    students: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Variant:
    """A method with hyper-parameters and teachers, as a table's row names it.

    ``tuned`` says by which tuning its values were chosen, and with how many trainings; empty where nothing was tuned.
    """

    name: str
    method: str
    label: str
    params: Mapping[str, Any] = field(default_factory=dict)
    teachers: Mapping[str, Teacher] = field(default_factory=dict)
    overrides: tuple[Mapping[str, Any], ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    equal_compute: EqualCompute | None = None
    tuned: str = ""

    def params_at(self, dataset: str, backbone: str) -> dict[str, Any]:
        """Hyper-parameters at one dataset and backbone; later overrides win."""
        params = dict(self.params)
        for override in self._overrides_at(dataset, backbone):
            params.update(override.get("params", {}))
        return params

    def recipe_at(self, dataset: str, backbone: str) -> dict[str, Any]:
        """Keys of the recipe at one dataset and backbone, likewise."""
        recipe = dict(self.recipe)
        for override in self._overrides_at(dataset, backbone):
            recipe.update(override.get("recipe", {}))
        return recipe

    def is_set_at(self, dataset: str, backbone: str) -> bool:
        """Whether any override holds there."""
        return any(True for _ in self._overrides_at(dataset, backbone))

    def _overrides_at(self, dataset: str, backbone: str) -> Iterator[Mapping[str, Any]]:
        for override in self.overrides:
            when = override["when"]
            if dataset in when.get("dataset", [dataset]) and backbone in when.get("backbone", [backbone]):
                yield override


@dataclass(frozen=True)
class Entry:
    """One place in a table: which cell and metric stand there.

    A literature row has no cell of ours; a setting has one, and trains nothing. ``printed`` names the printed number beside a
    setting, which a paper states once for several cells.
    """

    dataset: str
    backbone: str
    variant: str
    metric: str
    kind: Literal["trained", "reported", "setting"] = "trained"
    printed: str = ""

    @property
    def trained(self) -> bool:
        return self.kind == "trained"


@dataclass(frozen=True)
class Heading:
    """A row's or a column's words: its label and the group it stands under."""

    label: str
    group: str = ""


@dataclass(frozen=True)
class Block:
    """A rectangle of a table with its own column headings, as Table 2 of DRRNet-SKD has one per dataset."""

    title: str
    columns: tuple[Heading, ...]
    rows: tuple[Heading, ...]
    entries: tuple[tuple[Entry | None, ...], ...]  # [row][column]
    heading: str = "Method"  # what the rows are

    def with_columns(self, places: Sequence[int]) -> Block:
        """The block with the columns at these places alone."""
        columns = tuple(self.columns[place] for place in places)
        return replace(self, columns=columns, entries=tuple(tuple(row[place] for place in places) for row in self.entries))


@dataclass(frozen=True)
class Table:
    """Blocks of entries; ``printed`` is false for an arrangement of ours that the paper does not have.

    ``compute`` says how its methods share it: at ``equal epochs``, at ``equal compute``, or empty where no cost is shown.
    ``controls`` are variants that are shown and in no family of tests.
    """

    name: str
    title: str
    baseline: str
    blocks: tuple[Block, ...]
    note: str = ""
    printed: bool = True
    compute: str = ""
    controls: tuple[str, ...] = ()

    def entries(self) -> Iterator[Entry]:
        for block in self.blocks:
            for row in block.entries:
                yield from (entry for entry in row if entry is not None)


@dataclass(frozen=True)
class Paper:
    """A paper as its YAML file describes it.

    ``own`` are the variants that it proposes, as opposed to those that it compares with: its claim is about them. ``split``
    says per dataset whose division into training and test images ours is; the paper's where a dataset is not named.
    ``repeats`` is how many runs it says it makes, ``None`` where it does not say; a printed number has an n of its own.
    ``links`` are the addresses of the ``paper``, its ``doi`` and its authors' ``code``, as far as they are known.
    """

    name: str
    title: str
    short: str
    citation: str
    repeats: int | None
    recipes: Mapping[str, Mapping[str, Any]]
    variants: Mapping[str, Variant]
    tables: Mapping[str, Table]
    figures: Mapping[str, Figure]
    labels: Mapping[str, str]
    assumptions: Mapping[str, str]
    margins: Mapping[str, float]
    recipe_version: int = 1
    own: frozenset[str] = frozenset()
    plugins: tuple[str, ...] = ()  # files that its methods may be in
    split: Mapping[str, Split] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def items(self) -> tuple[str, ...]:
        """The names of its tables, then of its figures."""
        return (*self.tables, *self.figures)

    def recipe(self, dataset: str, backbone: str = "") -> dict[str, Any]:
        """How the paper trains a backbone on a dataset; empty for a dataset that it only prints numbers of."""
        recipe = self.recipes.get(dataset, {})
        merged = {**recipe, **recipe.get("backbones", {}).get(backbone, {})}
        return {key: value for key, value in merged.items() if key != "backbones"}

    def epoch_rule(self, dataset: str) -> str:
        """Which epoch it prints, a recipe's ``selection``; empty where it does not say."""
        recipe = self.recipe(dataset)
        return "" if "selection" in recipe.get("assumptions", {}) else str(recipe.get("selection", ""))

    def claims(self, dataset: str) -> dict[str, Any]:
        """What is fixed before training of how a dataset's numbers are judged: own methods (families follow) and the margin."""
        return {"own": sorted(self.own), "margin": self.margins.get(dataset)}

    def own_split(self, dataset: str) -> bool:
        """Whether the test images are ours and not the paper's, so that levels are not comparable."""
        return self.split.get(dataset, "paper") == "own"

    def label(self, name: str) -> str:
        if name in self.variants:
            return self.variants[name].label
        return self.labels.get(name, name)
