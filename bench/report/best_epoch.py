"""The verdicts at the best epoch in place of the last, where a paper prints that or does not say which it prints."""

from __future__ import annotations

from collections.abc import Mapping

from bench.report import formatting
from bench.report.cells import GatheredTable
from bench.report.formatting import number
from bench.report.judgement import Verdicts, epoch_of, verdicts_of
from bench.report.reported import Key
from bench.report.verdicts import OBSTACLES, BestEpochView

BEST = "best_test"  # a recipe's rule


def best_epochs(found: GatheredTable) -> dict[Key, BestEpochView]:
    """The cells of datasets whose printed epoch is not known to be the last, where the best is recorded and judged."""
    rules = {name: found.paper.epoch_rule(name) for name in found.datasets}
    wanted = {name for name, rule in rules.items() if rule != "last" and epoch_of(name, found) != BEST}
    if not wanted:
        return {}
    best = {key: cell.at_best_epoch(key.metric) for key, cell in found.scores.items()}
    verdicts = verdicts_of(found, best, BEST)
    views = {
        key: BestEpochView(
            mean=number(cell.shown.mean, formatting.percent),
            sd=number(cell.shown.sd, formatting.percent),
            printed=rules[key.dataset] == BEST,
            level=verdicts.levels.get(key),
            gain=verdicts.gains.get(key),
        )
        for key, cell in best.items()
        if key.dataset in wanted
    }
    return {key: view for key, view in views.items() if view.verdicts}


def changed_verdicts(last: Verdicts, best: Mapping[Key, BestEpochView]) -> tuple[int, int, bool]:
    """How many verdicts were reached at the best epoch, how many of them are others than at the last, is that one printed."""
    pairs = [
        (verdict.name, found[key].name)
        for key, view in best.items()
        for found, verdict in ((last.levels, view.level), (last.gains, view.gain))
        if verdict and verdict.name not in OBSTACLES
    ]
    return len(pairs), sum(one != other for one, other in pairs), any(view.printed for view in best.values())
