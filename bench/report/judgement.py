"""The verdicts of a table's cells: what our gains say of the printed ones, and our numbers of the printed numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts
from bench.records.provenance import Provenance
from bench.records.result import Result
from bench.report.cells import Gathered, GatheredTable
from bench.report.provenance import provenances
from bench.report.reported import Key
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


def verdicts_of(found: GatheredTable, scores: Mapping[Key, Gathered], epoch: str = "") -> Verdicts:
    """What a table's scores, or the same at another epoch, say of the printed ones.

    Parameters
    ----------
    epoch
        The rule by which the scores' epoch was chosen, where that is not the recipe's.
    """
    comparable = {name: _comparability(found, name, epoch) for name in found.datasets}
    printed = {key: found.reported[key] for key in scores if key in found.reported}
    families = {key: OWN if key.variant in found.paper.own else OTHERS for key in printed}
    baseline_of = {key: base for key, base in found.baseline_of.items() if key in printed and base in printed}
    claims = {
        key: ClaimCell(
            method=scores[key].measured.sample,
            baseline=scores[base].measured.sample,
            printed=printed[key],
            printed_baseline=printed[base],
            family=families[key],
            comparability=comparable[key.dataset],
            status=next((each for each in (_status(scores[key]), _status(scores[base])) if each != "finished"), "finished"),
        )
        for key, base in baseline_of.items()
    }
    margins = {key: found.paper.margins.get(key.dataset, math.nan) for key in printed}
    levels = {
        key: LevelCell(
            ours=scores[key].measured.sample,
            printed=number,
            margin=margins[key],
            family=families[key],
            obstacle=_level_obstacle(scores[key], key.metric, comparable[key.dataset], margins[key]),
            status=_status(scores[key]),
        )
        for key, number in printed.items()
    }
    higher_is_better, alpha = found.higher_is_better, found.alpha
    of_levels = level_verdicts(levels, alpha)
    expected = math.nan
    if any(not cell.comparability.gain for cell in claims.values()) or any(not cell.obstacle for cell in levels.values()):
        expected = expected_contradictions(claims, baseline_of, higher_is_better, alpha)
        expected += expected_accusations(of_levels, families, alpha)
    of_claims = claim_verdicts(claims, higher_is_better, alpha)
    return Verdicts(
        {key: _view(each, level_sentence(each, higher_is_better)) for key, each in of_levels.items()},
        {key: _view(each, claim_sentence(each)) for key, each in of_claims.items()},
        expected,
    )


def _level_obstacle(cell: Gathered, metric: str, comparable: Comparability, margin: float) -> str:
    """Another precision than the paper's is none where a stored comparison of the two shows them to be equivalent."""
    if comparable.level or not comparable.precision:
        return comparable.level
    ours, other = cell.measured.sample, beside_sample(cell, metric)
    equal = ours.judged and other.judged and equivalence(ours, other, margin).equivalent
    return "" if equal else comparable.precision


def beside_sample(cell: Gathered, metric: str) -> Sample:
    """The finished runs of a cell in another precision."""
    return Sample.of([result.metric(metric) for result in cell.beside if result.status == "finished"], cell.resolution)


def _comparability(found: GatheredTable, dataset: str, epoch: str) -> Comparability:
    """What stands between our numbers of a dataset and the paper's; ``epoch`` is our rule where that is not the recipe's."""
    known = provenances(found.results_of(dataset))
    precisions = {each.precision for each in known} - {"fp32", ""}
    return comparability(
        stand_in=dataset in found.stand_ins,
        other_data=dataset in found.scale.data,
        leaks=_leaks(dataset, found.results_of(dataset)),
        reduced="" if found.scale.comparable else f"reduced schedule (scale {found.scale.title})",
        selection=found.paper.epoch_rule(dataset),
        our_selection=epoch or epoch_of(dataset, found),
        part=_is_part(dataset, known),
        own_split=found.paper.own_split(dataset),
        precision=" and ".join(sorted(precisions)),
    )


def epoch_of(dataset: str, found: GatheredTable) -> str:
    """The rule by which the epoch of our numbers of a dataset was chosen."""
    return next((each.recipe.selection for each in provenances(found.results_of(dataset))), "last")


def _is_part(dataset: str, known: Sequence[Provenance]) -> bool:
    """Whether any run was of fewer images than the whole set has, where that number is known."""
    whole = _facts(dataset).get("counts", {})
    pairs = [(getattr(each.data, side), count) for each in known for side, count in whole.items() if side in ("train", "test")]
    return any(count is not None and count < full for count, full in pairs)


def _leaks(dataset: str, results: Iterable[Result]) -> bool:
    """Whether any run trained on a split that is known to hold its test images."""
    leaking = _facts(dataset).get("leaks", [])
    configs = (result.facts.get("config", {}) for result in results)
    return any(config.get("data", {}).get("options", {}).get("split") in leaking for config in configs)


def _facts(dataset: str) -> dict[str, Any]:
    try:
        return dataset_facts(dataset)
    except BenchError:  # of a user's own paper file
        return {}


def _status(found: Gathered) -> str:
    return "finished" if found.state == "measured" else found.state


def _view(verdict: LevelVerdict | ClaimVerdict, sentence: str) -> VerdictView:
    """A verdict whose short text names the obstacle, as its sentence does."""
    name, reason = verdict.name, verdict.reason
    return VerdictView(name, f"{name}: {reason}" if name == "not comparable" and reason else name, sentence)
