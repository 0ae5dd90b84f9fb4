"""Stored results trained again: equal or not, the mark in their row, and what a reader of a comparison is told."""

from dataclasses import replace

import pytest

from bench.records.fingerprint import fingerprint
from bench.records.rows import VERIFIED, read_rows, rows_text, write_rows
from bench.records.stored import check_file, read_stored
from bench.records.verified import differs, verified, verified_cells


@pytest.fixture
def stored(recorded):
    from typer.testing import CliRunner

    from bench.cli.app import app

    recorded.record_all()
    done = CliRunner().invoke(app, ["store", "add", *recorded.words])
    assert done.exit_code == 0, done.output
    return read_stored(recorded.stored)


def test_equal_is_every_score_and_every_image(stored):
    old = stored[0]
    assert differs(old, old) == ""
    other = replace(old, metrics={**old.metrics, "accuracy": old.metrics["accuracy"] + 0.5})
    assert "accuracy is" in differs(old, other) and "the code has changed what is computed" in differs(old, other)
    elsewhere = replace(other, facts={**old.facts, "hardware": {**old.facts["hardware"], "cpu": "another one"}})
    assert "cpu another one here" in differs(old, elsewhere)
    assert "is 'diverged'" in differs(old, replace(old, status="diverged", reason="the loss is nan"))


def test_the_mark_stands_in_the_row_and_in_no_other_file(stored, recorded):
    assert VERIFIED not in rows_text(stored)
    code = fingerprint(recorded.plan, stored[0].run)["code"]
    write_rows(recorded.stored, [verified(stored[0], code), *stored[1:]])
    found = read_rows(recorded.stored, "stored")
    assert [result.facts.get("verified") for result in found] == [{"code": code}, *[None] * (len(stored) - 1)]
    assert check_file(recorded.plan.settings, recorded.stored)[1] == []


def test_a_cell_is_verified_under_the_code_that_it_was_trained_with_again(stored, recorded):
    cell = stored[0].run.cell
    results = [verified(stored[0], "a" * 16), *stored[1:]]
    assert verified_cells(results, {cell: "a" * 16}) == {cell}
    assert verified_cells(results, {cell: "b" * 16}) == set()
    assert verified_cells(stored, {cell: "a" * 16}) == set()
