"""The verdicts of a table's cells: what our gains say of the printed ones, and our numbers of the printed numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.plan import BenchError, Paper, Scale
from bench.plan.catalogue import dataset_facts
from bench.report.cells import Gathered, stand_in
from bench.report.provenance import Provenance
from bench.report.reference import own_cells
from bench.report.reported import Key, ReportedNumber
from bench.report.verdicts import VerdictView
from bench.stats import (
    OTHERS,
    OWN,
    ClaimCell,
    Comparability,
    LevelCell,
    claim_sentence,
    claim_verdicts,
    comparability,
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


def verdicts_of(
    paper: Paper,
    cells: Mapping[Key, Gathered],
    reported: Mapping[Key, ReportedNumber],
    baseline_of: Mapping[Key, Key],
    comparable: Mapping[str, Comparability],
    higher_is_better: bool,
    alpha: float = 0.05,
) -> Verdicts:
    """Judge every measured score beside the paper's.

    Parameters
    ----------
    cells
        The scores of the table.
    baseline_of
        The baseline of each cell that has one.
    comparable
        By dataset.
    """
    printed = {key: reported[key].tested() for key in cells if key in reported}
    own = own_cells(paper, printed)
    claims = {
        key: ClaimCell(
            method=cells[key].measured.sample,
            baseline=cells[base].measured.sample,
            printed=printed[key],
            printed_baseline=printed[base],
            family=OWN if key in own else OTHERS,
            comparability=comparable[key.dataset],
            status=next((each for each in (_status(cells[key]), _status(cells[base])) if each != "finished"), "finished"),
        )
        for key, base in baseline_of.items()
        if key in printed and base in printed
    }
    levels = {
        key: LevelCell(
            ours=cells[key].measured.sample,
            printed=number,
            margin=paper.margins.get(key.dataset, math.nan),
            family=OWN if key in own else OTHERS,
            obstacle=comparable[key.dataset].level,
            status=_status(cells[key]),
        )
        for key, number in printed.items()
    }
    of_levels = level_verdicts(levels, alpha)
    expected = math.nan
    if any(not cell.comparability.gain for cell in claims.values()) or any(not cell.obstacle for cell in levels.values()):
        expected = expected_contradictions(claims, {key: baseline_of[key] for key in claims}, higher_is_better, alpha)
        expected += expected_accusations(of_levels, {key: cell.family for key, cell in levels.items()}, alpha)
    return Verdicts(
        {key: _view(each.name, each.reason, level_sentence(each, higher_is_better)) for key, each in of_levels.items()},
        {
            key: _view(each.name, each.reason, claim_sentence(each))
            for key, each in claim_verdicts(claims, higher_is_better, alpha).items()
        },
        expected,
    )


def comparability_of(paper: Paper, dataset: str, cells: Mapping[Key, Gathered], scale: Scale) -> Comparability:
    """What stands between our numbers of a dataset and the paper's."""
    found = [Provenance.of(result) for key, cell in cells.items() if key.dataset == dataset for result in cell.results]
    known = [each for each in found if each is not None]
    precisions = {each.precision for each in known} - {"fp32", ""}
    return comparability(
        stand_in=stand_in(dataset, cells, scale),
        other_data=dataset in scale.data,
        reduced="" if scale.comparable else f"reduced schedule (scale {scale.title})",
        selection=str(paper.recipe(dataset).get("selection", "")),
        our_selection=next((each.recipe.selection for each in known), "last"),
        part=_is_part(dataset, known),
        own_split=paper.own_split(dataset),
        precision=" and ".join(sorted(precisions)),
    )


def _is_part(dataset: str, found: Sequence[Provenance]) -> bool:
    """Whether any run was of fewer images than the whole set has, where that number is known."""
    try:
        whole = dataset_facts(dataset).get("counts", {})
    except BenchError:  # of a user's own paper file
        return False
    pairs = [(getattr(each.data, side), count) for each in found for side, count in whole.items() if side in ("train", "test")]
    return any(count is not None and count < full for count, full in pairs)


def _status(found: Gathered) -> str:
    return "finished" if found.state == "measured" else found.state


def _view(name: str, reason: str, sentence: str) -> VerdictView:
    """A verdict whose short text names the obstacle, as its sentence does."""
    return VerdictView(name, f"{name}: {reason}" if name == "not comparable" and reason else name, sentence)
