"""Rows get the curves of the records that they came from, and of no others."""

from __future__ import annotations

from dataclasses import replace

from bench.records.record import fresh_results, with_curves
from bench.records.rows import result_from, row_of


def rows_of(recorded):
    results = [result for result in fresh_results(recorded.plan, recorded.runs()) if result.status != "missing"]
    return [result_from(row_of(result)) for result in results]


def test_curves_come_back_from_the_records(recorded):
    recorded.record_all()
    rows = rows_of(recorded)
    assert all(not row.curve for row in rows)
    assert [result.curve for result in with_curves(rows)] == [{"loss": [1.0, 0.5]}] * 8


def test_a_record_of_another_training_gives_no_curve(recorded):
    recorded.record_all()
    rows = rows_of(recorded)
    recorded.record(recorded.runs()[0], accuracy=75.0)
    (recorded.folder / recorded.runs()[1].record).unlink()
    assert [bool(result.curve) for result in with_curves(rows)] == [False, False] + [True] * 6


def test_stored_rows_stay_without(recorded):
    recorded.record_all()
    rows = [replace(row, source="stored") for row in rows_of(recorded)]
    assert with_curves(rows) == rows
