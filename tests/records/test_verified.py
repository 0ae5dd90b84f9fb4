"""Stored results trained again: equal or not, the mark in their row, and what a reader of a comparison is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.cli import again
from bench.cli.app import app
from bench.records.fingerprint import fingerprint
from bench.records.rows import VERIFIED, read_rows, rows_text, write_rows
from bench.records.stored import check_file, read_stored
from bench.records.verified import differs, edited_since, verified

FLAGS = ("--configfile", "--settings")  # of the workflow, then of ``store add``


@pytest.fixture
def stored(recorded):
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
    assert check_file(recorded.plan, recorded.stored)[1] == []


def old_code(result):
    return replace(result, facts={**result.facts, "fingerprint": {**result.facts["fingerprint"], "code": "a" * 16}})


def test_rows_of_edited_code_are_named_unless_their_cell_came_out_equal_again(stored, recorded):
    plan = recorded.plan

    def marked(result):
        return verified(result, fingerprint(plan, result.run)["code"])

    assert edited_since(plan, stored) == ([], set())
    edited = [old_code(result) for result in stored]
    assert edited_since(plan, [verified(edited[0], "b" * 16), *edited[1:]])[1] == set()
    checked(recorded, [marked(edited[0]), *edited[1:]], stale=6)
    whole = [marked(result) if result.run.seed == 0 else result for result in edited]
    assert edited_since(plan, whole)[1] == {result.run.cell for result in stored}
    checked(recorded, whole, stale=0)


def checked(recorded, results, stale):
    write_rows(recorded.stored, results)
    for fresh in ([], ["--fresh"]):
        done = CliRunner().invoke(app, ["store", "check", *fresh, *recorded.words])
        assert (f"the code behind {stale} rows was edited since" in done.output) is bool(stale)
        assert done.exit_code == int(bool(stale and fresh)), done.output


@pytest.mark.parametrize("wish", ["auto", "bf16"])
def test_rows_are_made_anew_and_stored_at_the_precision_that_they_asked_for(stored, recorded, monkeypatch, wish):
    commands, config = [], {"config": {**stored[0].facts["config"], "precision": wish}}
    rows = [replace(result, facts={**result.facts, **config}) for result in stored]
    monkeypatch.setattr("bench.records.stored.read_stored", lambda path: rows)
    monkeypatch.setattr(again, "_in_folder", commands.append)
    monkeypatch.chdir(recorded.folder)
    again.remake("drrnet", recorded.words[1::2])
    settings = [json.loads(Path(words[words.index(flag) + 1]).read_text()) for words, flag in zip(commands, FLAGS, strict=True)]
    assert [(each["precision"], each["scale"]) for each in settings] == [(wish, "demo")] * 2
    assert {row.run.id for row in rows} <= set(commands[1])
