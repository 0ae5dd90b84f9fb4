"""A paper's own claims by its own numbers: they need no training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from bench.plan import Paper, Table
from bench.plan.metrics import METRICS
from bench.report.cells import baselines, own_cells
from bench.report.reported import Key, ReportedNumber, load_reported
from bench.stats import OTHERS, OWN, ClaimCounts, PrintedClaims, claims_sentence, printed_claims


def table_claims(paper: Paper, table: Table, reported: Mapping[Key, ReportedNumber]) -> PrintedClaims[Key]:
    """Every gain that a table prints, tested by its printed means, deviations and numbers of runs."""
    scores = {key: number for key, number in reported.items() if key.metric in METRICS and METRICS[key.metric].is_score}
    directions = {METRICS[key.metric].higher_is_better for key in scores}
    return printed_claims(scores, baselines(scores, table), own_cells(paper, scores), directions != {False})


def table_sentence(paper: Paper, claims: PrintedClaims[Key]) -> str:
    """What a table's own numbers carry."""
    return claims_sentence(claims.counts(OWN), claims.counts(OTHERS), paper.short)


def paper_sentence(paper: Paper, folder: Path) -> str:
    """The same of all printed tables of a paper, each with families of its own.

    ``folder`` holds the printed numbers; a table whose file is not there has nothing to say.
    """
    tables = [table for table in paper.tables.values() if (folder / paper.name / f"{table.name}.csv").is_file()]
    found = [table_claims(paper, table, load_reported(folder, paper, table.name)) for table in tables]
    own, others = (_sum([claims.counts(family) for claims in found]) for family in (OWN, OTHERS))
    return claims_sentence(own, others, paper.short)


def _sum(counts: list[ClaimCounts]) -> ClaimCounts:
    return ClaimCounts(**{each.name: sum(getattr(count, each.name) for count in counts) for each in fields(ClaimCounts)})
