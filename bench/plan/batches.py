"""Which runs one process trains: some seeds of a cell, or of the cells that a scale trains together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from bench.plan.errors import BenchError
from bench.plan.plan import Plan
from bench.plan.values import Cell, Run


@dataclass(frozen=True)
class JobBatch:
    """What the jobs of one rule of the workflow have in common; an empty word stands for any, a wildcard of the rule.

    ``apart`` are the cells whose jobs may share an array with each other and with no other job. ``whole`` says that the
    seeds are all there are, so that the rule's name need not say which.
    """

    seeds: tuple[int, ...]
    paper: str = ""
    dataset: str = ""
    backbones: tuple[str, ...] = ()
    apart: tuple[Cell, ...] = ()
    whole: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """``train``; ``train_seed0_1`` of some seeds; ``train_fusar_resnet18`` of one backbone or several, by the first."""
        words = [part.replace("-", "_") for part in (self.paper, self.dataset, *self.backbones[:1]) if part]
        return "_".join(["train", *words, *([] if self.whole else [f"seed{'_'.join(map(str, self.seeds))}"])])

    @property
    def together(self) -> bool:
        """Whether a job is of several cells."""
        return len(self.backbones) > 1

    def paths(self, pattern: str) -> list[str]:
        """The files of a job for a pattern with ``{paper}``, ``{dataset}``, ``{backbone}`` and ``{seed}``; wildcards stay."""
        words = {"scale": "{scale}", "variant": "{variant}"}
        words |= {"paper": self.paper or "{paper}", "dataset": self.dataset or "{dataset}"}
        backbones = self.backbones or ("{backbone}",)
        return [pattern.format(**words, backbone=each, seed=seed) for each, seed in product(backbones, self.seeds)]

    def runs(self, plan: Plan, wildcards: Mapping[str, str]) -> list[Run]:
        """The runs of the job with these values of the rule's wildcards."""
        paper, dataset = self.paper or wildcards["paper"], self.dataset or wildcards["dataset"]
        backbones = self.backbones or (wildcards["backbone"],)
        cells = [plan.cell(paper, dataset, backbone, wildcards["variant"]) for backbone in backbones]
        return [cell.run(seed) for cell in cells for seed in self.seeds]


def batches(plan: Plan) -> list[JobBatch]:
    """The batches of everything that can be trained; where two can train a run, the first one does.

    All jobs of an array get what its first one asks for, so one must not mix a ResNet-20 with a DenseNet-190.

    Raises
    ------
    BenchError
        If a scale names a backbone twice.
    """
    if plan.settings.array_jobs:
        kept: dict[tuple[str, str, str], dict[Cell, None]] = {}
        for run in plan.runs_of("all"):
            paper = run.cell.paper if run.cell.paper in plan.scale.seeds else ""
            kept.setdefault((paper, run.cell.dataset, run.cell.backbone), {})[run.cell] = None
        arrays = [
            JobBatch(some, paper, dataset, (backbone,), tuple(cells), whole)
            for (paper, dataset, backbone), cells in kept.items()
            for some, whole in _seeds(plan, paper)
        ]
        return sorted(arrays, key=lambda batch: not batch.paper)
    named = Counter((group["paper"], group["dataset"], name) for group in plan.scale.together for name in group["backbones"])
    for (paper, dataset, backbone), count in named.items():
        if count > 1:
            raise BenchError(f"scale '{plan.scale.name}', together: '{backbone}' is named twice for {paper}, {dataset}")
    together = [
        JobBatch(some, group["paper"], group["dataset"], tuple(group["backbones"]), whole=whole)
        for group in plan.scale.together
        for some, whole in _seeds(plan, group["paper"])
    ]
    papers = (*plan.scale.seeds, "")  # those with seeds of their own before all others
    return [*together, *(JobBatch(some, paper, whole=whole) for paper in papers for some, whole in _seeds(plan, paper))]


def tuning_batches(plan: Plan) -> list[JobBatch]:
    """The batches of the tunings, which have seeds of their own."""
    found = []
    for tuning in plan.tunings.values():
        seeds = cut(tuning.seeds, plan.seeds_per_job)
        found += [JobBatch(some, tuning.as_paper, whole=len(seeds) == 1) for some in seeds]
    return found


def _seeds(plan: Plan, paper: str) -> list[tuple[tuple[int, ...], bool]]:
    """The seeds of each job of a paper, and whether they are all there are."""
    jobs = cut(plan.seeds_of(paper), plan.seeds_per_job)
    return [(some, len(jobs) == 1) for some in jobs]


def cut(seeds: Iterable[int], size: int) -> list[tuple[int, ...]]:
    """Cut the seeds of a cell into the jobs that train them."""
    seeds = tuple(seeds)
    return [seeds[start : start + size] for start in range(0, len(seeds), max(1, size))]
