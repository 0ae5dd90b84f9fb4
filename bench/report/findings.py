"""What the tests of a table found, in sentences: over all columns, in single ones, how sure, how tested."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.plan import Paper, Table
from bench.report.across.view import AcrossView
from bench.report.reported import Key, ReportedNumber
from bench.stats import (
    INTERVALS,
    OTHERS,
    OWN,
    Counts,
    Measured,
    Pairwise,
    cells_sentence,
    correlation_sentence,
    judged_spreads,
    looks_sentence,
    mean_chance_found,
    own_against_best_rival,
    plan_sentence,
    power_sentence,
    printed_gain,
    reach_of,
    rivals_sentence,
    seed_correlation,
    seeds_to_find,
)

ENOUGH = 0.8  # power


@dataclass(frozen=True)
class Tested:
    """A table's scores, each method against its baseline, and the printed numbers beside them.

    Of stand-in data nothing is expected: the paper's gain is no plan for them.
    """

    paper: Paper
    table: Table
    scores: Mapping[Key, Measured]
    pairs: Mapping[Key, Pairwise]
    reported: Mapping[Key, ReportedNumber]
    higher_is_better: bool
    looks: int = 1
    stand_in: bool = False

    @property
    def alpha(self) -> float:
        """Family-wise level of each look."""
        return 0.05 / self.looks

    @property
    def trained(self) -> dict[Key, Pairwise]:
        """The pairs of methods that have runs."""
        return {key: pair for key, pair in self.pairs.items() if self.scores[key].sample.n}


def findings(tested: Tested, across: AcrossView | None) -> list[str]:
    """In the order in which people ask; nothing where nothing is trained."""
    paper, trained = tested.paper, tested.trained
    if not trained:
        return []
    of = {family: Counts.of(pair for pair in trained.values() if pair.family == family) for family in (OWN, OTHERS)}
    said = [across.finding, across.left_out] if across else []
    said.append(cells_sentence(of[OWN], of[OTHERS], paper.short, paper.label(tested.table.baseline)))
    said.append(rivals_sentence(_rivals(tested), paper.short))
    if any(pair.outcome != "not judged" for pair in trained.values()):
        said += _power(tested)
        said += [INTERVALS, _correlation(tested), looks_sentence(tested.looks)]
    return list(filter(None, said))


def _rivals(tested: Tested) -> Counts:
    """The paper's own methods against the best of the others, column by column."""
    columns: dict[Key, dict[str, Measured]] = {}
    for key, cell in tested.scores.items():
        if cell.sample.n:
            columns.setdefault(key.of(tested.table.baseline), {})[key.variant] = cell
    found = own_against_best_rival(columns, tested.paper.own, tested.table.baseline, tested.higher_is_better, tested.alpha)
    return Counts.of(found.values())


def _power(tested: Tested) -> list[str]:
    """What the comparisons of each dataset find, from their own spreads, and what the paper's gain would take."""
    trained = tested.trained
    family = max(Counter(pair.family for pair in trained.values() if pair.outcome != "not judged").values())
    datasets = dict.fromkeys(key.dataset for key in trained)
    said = []
    for dataset in datasets:
        compared = [
            (tested.scores[key].sample, tested.scores[_base(key, tested)].sample) for key in trained if key.dataset == dataset
        ]
        reach = reach_of(compared, family, tested.alpha)
        if not reach:
            continue
        effect = _printed_gain(dataset, tested)
        chance = mean_chance_found(effect, compared, family, tested.alpha) if math.isfinite(effect) else math.nan
        words = [power_sentence(reach, effect, chance, where=tested.paper.label(dataset) if len(datasets) > 1 else "")]
        if chance < ENOUGH:
            seeds = seeds_to_find(effect, judged_spreads(compared), tested.alpha / family)
            words.append(plan_sentence(seeds, effect, tested.looks))
        said.append(" ".join(words))
    return said


def _printed_gain(dataset: str, tested: Tested) -> float:
    """The median of the gains above 0 that the paper prints for its own methods on a dataset, in pp; NaN for none."""
    gains = []
    for key in tested.pairs if not tested.stand_in else ():
        base = _base(key, tested)
        if key.dataset == dataset and key.variant in tested.paper.own and {key, base} <= tested.reported.keys():
            gains.append(printed_gain(tested.reported[key], tested.reported[base], tested.higher_is_better).value)
    above = [gain for gain in gains if gain > 0]
    return statistics.median(above) if above else math.nan


def _correlation(tested: Tested) -> str:
    """What runs of equal seed have in common, which the tests do not use."""
    pairs = ((tested.scores[key].values, tested.scores[_base(key, tested)].values) for key in tested.trained)
    return correlation_sentence(*seed_correlation([pair for pair in pairs if len(pair[0]) == len(pair[1])]))


def _base(key: Key, tested: Tested) -> Key:
    return key.of(tested.table.baseline)


def families_words(paper: Paper, variants: Iterable[str]) -> str:
    """Which methods are corrected together, for a caption."""
    own = [paper.label(name) for name in dict.fromkeys(variants) if name in paper.own]
    if not own:
        return "All methods × columns are one family."
    return f"Two families, each at 5 %: {', '.join(own)} (the paper's own) × columns, and every other method × columns."
