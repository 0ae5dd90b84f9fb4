"""What the tests of a table found, in sentences: over all columns, in single ones, how sure, how tested."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping

from bench.plan import Paper
from bench.report.across.view import AcrossView
from bench.report.cells import GatheredTable
from bench.report.reported import Key
from bench.stats import (
    INTERVALS,
    OTHERS,
    OWN,
    Counts,
    Measured,
    Pairwise,
    Sample,
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


def findings(found: GatheredTable, pairs: Mapping[Key, Pairwise], across: AcrossView | None) -> list[str]:
    """In the order in which people ask; nothing where nothing is trained.

    Parameters
    ----------
    pairs
        Each method against its baseline.
    """
    paper = found.paper
    trained = {key: pair for key, pair in pairs.items() if found.cells[key].measured.sample.n}
    if not trained:
        return []
    of = {family: Counts.of(pair for pair in trained.values() if pair.family == family) for family in (OWN, OTHERS)}
    said = [across.finding, across.left_out] if across else []
    said.append(cells_sentence(of[OWN], of[OTHERS], paper.short, paper.label(found.table.baseline)))
    said.append(rivals_sentence(_rivals(found), paper.short))
    if Counts.of(trained.values()).judged:
        said += _power(found, trained)
        said += [INTERVALS, _correlation(found, trained), looks_sentence(found.looks)]
    return list(filter(None, said))


def _rivals(found: GatheredTable) -> Counts:
    """The paper's own methods against the best of the others, column by column."""
    baseline = found.table.baseline
    columns: dict[Key, dict[str, Measured]] = {}
    for key, cell in found.scores.items():
        if cell.measured.sample.n:
            columns.setdefault(key.of(baseline), {})[key.variant] = cell.measured
    pairs = own_against_best_rival(columns, found.paper.own, baseline, found.higher_is_better, found.alpha)
    return Counts.of(pairs.values())


def _power(found: GatheredTable, trained: Mapping[Key, Pairwise]) -> list[str]:
    """What the comparisons of each dataset find, from their own spreads, and what the paper's own gain would take.

    Each at the first step of Holm in its family; the paper's gain by its own methods, where any of them is judged there.
    """
    judged = {key: pair for key, pair in trained.items() if pair.outcome != "not judged"}
    sizes = Counter(pair.family for pair in judged.values())
    datasets = dict.fromkeys(key.dataset for key in trained)
    said = []
    for dataset in datasets:
        compared: dict[str, list[tuple[Sample, Sample]]] = {OWN: [], OTHERS: []}
        for key, pair in judged.items():
            if key.dataset == dataset:
                method, baseline = _sides(key, found)
                compared[pair.family].append((method.sample, baseline.sample))
        reach = reach_of([(pairs, sizes[family]) for family, pairs in compared.items()], found.alpha)
        if not reach:
            continue
        effect, family = _printed_gain(dataset, found), OWN if compared[OWN] else OTHERS
        chance = mean_chance_found(effect, compared[family], sizes[family], found.alpha) if math.isfinite(effect) else math.nan
        where = found.paper.label(dataset) if len(datasets) > 1 else ""
        words = [power_sentence(reach, effect, chance, where, len(compared[OWN]))]
        if chance < ENOUGH:
            seeds = seeds_to_find(effect, judged_spreads(compared[family]), found.alpha / sizes[family])
            words.append(plan_sentence(seeds, effect, found.looks))
        said.append(" ".join(words))
    return said


def _printed_gain(dataset: str, found: GatheredTable) -> float:
    """The median of the gains above 0 that the paper prints for its own methods on a dataset, in pp; NaN for none.

    Of stand-in data nothing is expected: the paper's gain is no plan for them.
    """
    gains = []
    for key, base in found.baseline_of.items() if not found.stand_ins else ():
        if key.dataset == dataset and key.variant in found.paper.own and {key, base} <= found.reported.keys():
            gains.append(printed_gain(found.reported[key], found.reported[base], found.higher_is_better).value)
    above = [gain for gain in gains if gain > 0]
    return statistics.median(above) if above else math.nan


def _correlation(found: GatheredTable, trained: Iterable[Key]) -> str:
    """What runs of equal seed have in common, which the tests do not use."""
    pairs = ((method.values, baseline.values) for method, baseline in (_sides(key, found) for key in trained))
    return correlation_sentence(*seed_correlation([pair for pair in pairs if len(pair[0]) == len(pair[1])]))


def _sides(key: Key, found: GatheredTable) -> tuple[Measured, Measured]:
    """A method and its baseline."""
    return found.cells[key].measured, found.cells[found.baseline_of[key]].measured


def families_words(paper: Paper, variants: Iterable[str]) -> str:
    """Which methods are corrected together, for a caption."""
    own = [paper.label(name) for name in dict.fromkeys(variants) if name in paper.own]
    if not own:
        return "All methods × columns are one family."
    return f"Two families, each at 5 %: {', '.join(own)} (the paper's own) × columns, and every other method × columns."
