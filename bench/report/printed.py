"""A paper's own claims by its own numbers: they need no training."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from bench.plan import Paper, Table
from bench.plan.metrics import METRICS
from bench.report.cells import baselines, own_cells
from bench.report.reported import Key, ReportedNumber, load_reported
from bench.stats import OTHERS, OWN, ClaimCounts, PrintedClaim, claims_sentence, printed_claims


def table_claims(paper: Paper, table: Table, reported: Mapping[Key, ReportedNumber]) -> dict[Key, PrintedClaim]:
    """Every gain that a table prints, tested by its printed means, deviations and numbers of runs."""
    scores = {key: number for key, number in reported.items() if key.metric in METRICS and METRICS[key.metric].is_score}
    directions = {METRICS[key.metric].higher_is_better for key in scores}
    return printed_claims(scores, baselines(scores, table), own_cells(paper, scores), directions != {False})


def printed_sentence(paper: Paper, claims: Collection[PrintedClaim]) -> str:
    """What the numbers carry that a paper prints; its own methods and the others apart."""
    return claims_sentence(ClaimCounts.of(claims, OWN), ClaimCounts.of(claims, OTHERS), paper.short)


def paper_sentence(paper: Paper, folder: Path) -> str:
    """The same of all printed tables of a paper, each with families of its own.

    ``folder`` holds the printed numbers; a table whose file is not there has nothing to say.
    """
    tables = [table for table in paper.tables.values() if (folder / paper.name / f"{table.name}.csv").is_file()]
    found = [table_claims(paper, table, load_reported(folder, paper, table.name)) for table in tables]
    return printed_sentence(paper, [claim for claims in found for claim in claims.values()])
