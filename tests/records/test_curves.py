"""The curves that a page shows, read without the rest of a record."""

import math
from array import array

import pytest

from bench.plan import BenchError, parse_run
from bench.records.curves import read_curves, with_curves
from bench.records.files import write_json
from bench.records.result import Result

RUN = parse_run("demo/drrnet/fusar/resnet18/dlb/seed0")
CURVE = {"loss": [2.0, 1.5], "test_accuracy": [50.0, math.nan], "test_accuracy_2": [1.0], "none": []}


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A record of a run with four curves, and words of its config that look like one."""
    monkeypatch.chdir(tmp_path)
    write_json(tmp_path / RUN.record, {"run": RUN.id, "curve": CURVE, "config": {"loss": [9.0], "curve": {"loss": [8.0]}}})
    return tmp_path / RUN.record


def test_the_named_curves_are_read_and_no_others(record):
    found = read_curves(record, ("test_accuracy", "none", "learning_rate"))
    assert list(found) == ["test_accuracy", "none"] and list(found["none"]) == []
    assert found["test_accuracy"][0] == 50.0 and math.isnan(found["test_accuracy"][1])
    assert read_curves(record, ("loss",)) == {"loss": array("d", [2.0, 1.5])}


def test_a_curve_of_words_is_one_line(record):
    for values in (["high"], [[1.0]], [10**400]):
        write_json(record, {"run": RUN.id, "curve": {"loss": values}})
        with pytest.raises(BenchError, match="seed0.json: its curve 'loss' is no list of numbers"):
            read_curves(record, ("loss",))
    write_json(record, {"run": RUN.id, "config": {"loss": [1.0]}})
    assert read_curves(record, ("loss",)) == {}


def test_only_what_is_recorded_here_is_read_again(record):
    fresh, stored, missing = (
        Result(RUN, "finished", facts={"a": 1}),
        Result(RUN, "finished", source="stored"),
        Result(RUN, "missing"),
    )
    found = list(with_curves([fresh, stored, missing], ("loss",)))
    assert found[0].curve == {"loss": array("d", [2.0, 1.5])} and found[1:] == [stored, missing]
