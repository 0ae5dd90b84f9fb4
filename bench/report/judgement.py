"""The verdicts of a table's cells: what our gains say of the printed ones, and our numbers of the printed numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.plan import BenchError, Paper, Scale
from bench.plan.catalogue import dataset_facts
from bench.records.provenance import Provenance
from bench.report.cells import Gathered, stand_in
from bench.report.reference import own_cells
from bench.report.reported import Key, ReportedNumber
from bench.report.verdicts import VerdictView
from bench.stats import (
    OTHERS,
    OWN,
    ClaimCell,
    ClaimVerdict,
    Comparability,
    LevelCell,
    LevelVerdict,
    Sample,
    claim_sentence,
    claim_verdicts,
    comparability,
    equivalence,
    expected_accusations,
    expected_contradictions,
    level_sentence,
    level_verdicts,
)


@dataclass(frozen=True)
class Verdicts:
    """Of the cells that a paper prints a number of; ``expected`` is how many a perfect replication would show against it."""

    levels: Mapping[Key, VerdictView] = field(default_factory=dict)
    gains: Mapping[Key, VerdictView] = field(default_factory=dict)
    expected: float = math.nan


@dataclass(frozen=True)
class Judge:
    """Holds measured scores against the printed ones of a table.

    Attributes
    ----------
    reported
        The table's printed numbers.
    baseline_of
        The baseline of each cell that has one.
    alpha
        Family-wise level of each look.
    """

    paper: Paper
    reported: Mapping[Key, ReportedNumber]
    baseline_of: Mapping[Key, Key]
    higher_is_better: bool
    alpha: float = 0.05

    def verdicts(self, cells: Mapping[Key, Gathered], comparable: Mapping[str, Comparability]) -> Verdicts:
        """The verdicts on the scores of a table; ``comparable`` is by dataset."""
        printed = {key: self.reported[key] for key in cells if key in self.reported}
        families = {key: OWN if key in own_cells(self.paper, printed) else OTHERS for key in printed}
        claims = {
            key: ClaimCell(
                method=cells[key].measured.sample,
                baseline=cells[base].measured.sample,
                printed=printed[key],
                printed_baseline=printed[base],
                family=families[key],
                comparability=comparable[key.dataset],
                status=next((each for each in (_status(cells[key]), _status(cells[base])) if each != "finished"), "finished"),
            )
            for key, base in self.baseline_of.items()
            if key in printed and base in printed
        }
        levels = {
            key: LevelCell(
                ours=cells[key].measured.sample,
                printed=number,
                margin=self._margin(key),
                family=families[key],
                obstacle=self._level_obstacle(key, cells[key], comparable[key.dataset]),
                status=_status(cells[key]),
            )
            for key, number in printed.items()
        }
        of_levels = level_verdicts(levels, self.alpha)
        expected = math.nan
        if any(not cell.comparability.gain for cell in claims.values()) or any(not cell.obstacle for cell in levels.values()):
            base_of = {key: self.baseline_of[key] for key in claims}
            expected = expected_contradictions(claims, base_of, self.higher_is_better, self.alpha)
            expected += expected_accusations(of_levels, families, self.alpha)
        of_claims = claim_verdicts(claims, self.higher_is_better, self.alpha)
        return Verdicts(
            {key: _view(each, level_sentence(each, self.higher_is_better)) for key, each in of_levels.items()},
            {key: _view(each, claim_sentence(each)) for key, each in of_claims.items()},
            expected,
        )

    def _margin(self, key: Key) -> float:
        return self.paper.margins.get(key.dataset, math.nan)

    def _level_obstacle(self, key: Key, cell: Gathered, comparable: Comparability) -> str:
        """Another precision than the paper's is none where a stored comparison of the two shows them to be equivalent."""
        if comparable.level or not comparable.precision:
            return comparable.level
        ours, other = cell.measured.sample, beside_sample(cell, key.metric)
        equal = ours.judged and other.judged and equivalence(ours, other, self._margin(key)).equivalent
        return "" if equal else comparable.precision


def beside_sample(cell: Gathered, metric: str) -> Sample:
    """The finished runs of a cell in another precision."""
    return Sample.of([result.metric(metric) for result in cell.beside if result.status == "finished"], cell.resolution)


def comparability_of(paper: Paper, dataset: str, cells: Mapping[Key, Gathered], scale: Scale, epoch: str = "") -> Comparability:
    """What stands between our numbers of a dataset and the paper's; ``epoch`` is our rule where that is not the recipe's."""
    known = list(_provenances(dataset, cells))
    precisions = {each.precision for each in known} - {"fp32", ""}
    return comparability(
        stand_in=stand_in(dataset, cells, scale),
        other_data=dataset in scale.data,
        leaks=_leaks(dataset, cells),
        reduced="" if scale.comparable else f"reduced schedule (scale {scale.title})",
        selection=paper.epoch_rule(dataset),
        our_selection=epoch or epoch_of(dataset, cells),
        part=_is_part(dataset, known),
        own_split=paper.own_split(dataset),
        precision=" and ".join(sorted(precisions)),
    )


def epoch_of(dataset: str, cells: Mapping[Key, Gathered]) -> str:
    """The rule by which the epoch of our numbers of a dataset was chosen."""
    return next((each.recipe.selection for each in _provenances(dataset, cells)), "last")


def _provenances(dataset: str, cells: Mapping[Key, Gathered]) -> Iterator[Provenance]:
    results = (result for key, cell in cells.items() if key.dataset == dataset for result in cell.results)
    return (result.provenance for result in results if result.provenance)


def _is_part(dataset: str, found: Sequence[Provenance]) -> bool:
    """Whether any run was of fewer images than the whole set has, where that number is known."""
    try:
        whole = dataset_facts(dataset).get("counts", {})
    except BenchError:  # of a user's own paper file
        return False
    pairs = [(getattr(each.data, side), count) for each in found for side, count in whole.items() if side in ("train", "test")]
    return any(count is not None and count < full for count, full in pairs)


def _leaks(dataset: str, cells: Mapping[Key, Gathered]) -> bool:
    """Whether any run trained on a split that is known to hold its test images."""
    try:
        leaking = dataset_facts(dataset).get("leaks", [])
    except BenchError:  # of a user's own paper file
        return False
    every = (result.facts.get("config", {}) for key, cell in cells.items() if key.dataset == dataset for result in cell.results)
    return any(config.get("data", {}).get("options", {}).get("split") in leaking for config in every)


def _status(found: Gathered) -> str:
    return "finished" if found.state == "measured" else found.state


def _view(verdict: LevelVerdict | ClaimVerdict, sentence: str) -> VerdictView:
    """A verdict whose short text names the obstacle, as its sentence does."""
    name, reason = verdict.name, verdict.reason
    return VerdictView(name, f"{name}: {reason}" if name == "not comparable" and reason else name, sentence)
