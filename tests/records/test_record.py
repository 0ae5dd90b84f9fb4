"""Records as they are written and read: old ones, new ones, newer ones, damaged ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bench.plan import BenchError
from bench.records.curves import read_curves
from bench.records.files import read_json, write_json
from bench.records.record import NewerRecord, State, fresh_results, read_record, state_of, write_record

# Written by the version before, whose keys were sorted.
OLD = Path(__file__).parent / "old" / "record.json"


def test_a_record_of_the_older_version_is_read_everywhere(recorded):
    run = recorded.runs()[0]
    path = Path(run.record)
    path.parent.mkdir(parents=True)
    shutil.copy(OLD, path)
    assert list(json.loads(path.read_text()))[:3] == ["checksum", "attempt", "config"]
    assert state_of(path) == State("done", 2)
    record = read_record(path)
    assert record["curve"] == {"loss": [1.0, 0.5, None], "test_accuracy": [40.0, 55.5, 61.25]}
    assert read_record(path, curve=False) == {**record, "curve": {}}
    assert list(read_curves(path, ("test_accuracy",))["test_accuracy"]) == [40.0, 55.5, 61.25]
    (result,) = fresh_results([run])
    assert (result.metric("accuracy"), result.facts["attempt"], result.curve["loss"][1]) == (61.25, 2, 0.5)


def test_a_record_is_written_in_reading_order_and_nothing_else_changes(tmp_path):
    old, path = read_record(OLD), tmp_path / "record.json"
    write_record(path, old)
    names = list(json.loads(path.read_text()))
    assert names[:6] == ["checksum", "run", "status", "reason", "attempt", "metrics"]
    assert names[-3:] == ["curve", "config", "sources"]
    assert read_record(path) == old and read_record(path, curve=False) == {**old, "curve": {}}
    assert state_of(path) == State("done", 2)
    first = path.read_bytes()
    write_record(path, dict(reversed(old.items())))
    assert path.read_bytes() == first


def test_what_a_gpu_computed_in_tf32_is_true_or_false(tmp_path):
    record = read_record(OLD)
    for faulty in ([1], True, {"convolutions": "no"}):
        write_json(tmp_path / "record.json", {**record, "hardware": {**record["hardware"], "tf32": faulty}})
        with pytest.raises(BenchError, match="hardware.tf32"):
            read_record(tmp_path / "record.json")


@pytest.mark.parametrize("status", ["failed", "diverged"])
def test_a_state_is_read_in_either_order(tmp_path, status):
    record = {**read_record(OLD), "status": status, "metrics": {}}
    expected = State("failed" if status == "failed" else "done", 2)
    write_record(tmp_path / "new.json", record)
    write_json(tmp_path / "old.json", dict(sorted(record.items())))
    assert state_of(tmp_path / "new.json") == state_of(tmp_path / "old.json") == expected


def test_a_record_of_a_newer_version_is_one_line_that_says_what_to_do(recorded):
    run = recorded.runs()[0]
    recorded.record(run)
    path = Path(run.record)
    write_json(path, {**read_json(path), "schema": 9, "something": "new"})
    with pytest.raises(NewerRecord, match="a record of version 9, and this version of the suite reads versions up to 1; upd"):
        list(fresh_results([run]))
    assert state_of(path).kind == "done"  # nobody makes it again


def test_reading_names_what_is_damaged_and_renames_nothing(recorded):
    recorded.record_all()
    runs = recorded.runs()
    for run in runs[:7]:
        Path(run.record).write_bytes(b"")
    before = sorted(Path("results").rglob("*"))
    with pytest.raises(BenchError) as fault:
        list(fresh_results(runs))
    words = str(fault.value)
    assert words.startswith(f"damaged: {runs[0].record}, ") and " and 2 more; " in words and "\n" not in words
    assert f"python -m bench train {runs[0].id}" in words
    assert sorted(Path("results").rglob("*")) == before
