"""Rows: a record survives the way into a CSV and back; what is not a row is told in one line."""

import json
import math
from dataclasses import replace

import pytest

from bench.plan import BenchError, Cell
from bench.records.files import read_json, write_json
from bench.records.result import Result
from bench.records.rows import columns_of, read_rows, result_from, row_of, write_rows

FACTS = {
    "precision": "bf16",
    "config": {"recipe": {"epochs": 8, "batch_size": 32}, "method": {"name": "dlb", "params": {"weight": 0.7}}},
    "data": {"name": "1e5", "digest": "0" * 64, "stand_in": True, "train": 210, "test": 180, "classes": ["a", "b,c"]},
    "fingerprint": {"config": "0123456789012345", "code": "00000000000000e7"},
    "hardware": {"cpu": 'A "quoted", CPU', "cpu_flags": ["avx2"], "gpu": "A GPU", "threads": 1},
    "versions": {"bench": "0.1.0", "python": "3.12.1", "torch": "2.12.0", "torchvision": "0.27.0", "timm": "1.0", "numpy": "2"},
    "cost": {"train_seconds": 1.5, "images_per_second": 800.1, "peak_memory_mb": 700.0, "parameters": 9}
    | {"extra_parameters": 0, "relative_cost": 2.0},
    "git": {"commit": "1234567", "dirty": False},
}


def result(seed=0, status="finished", metrics=None):
    run = Cell("demo", "drrnet", "fusar", "resnet18", "dlb-w0.3").run(seed)
    metrics = {"accuracy": 61.11111111111111, "best_accuracy": 70.0} if metrics is None else metrics
    return Result(run, status, metrics, {}, FACTS, "fresh", "" if status == "finished" else "the loss is nan, in epoch 3")


def test_a_result_survives_the_way_into_a_row_and_back(tmp_path):
    path = tmp_path / "rows.csv"
    given = [result(1), result(0), result(2, "diverged", {})]
    write_rows(path, given)
    assert read_rows(path) == sorted(given, key=lambda item: item.run)


def test_what_a_gpu_computed_in_tf32_is_kept_beside_runs_of_a_cpu(tmp_path):
    there = result(0)
    machine = {"gpu": "One", "tf32": {"convolutions": True, "matmul": False}}
    there = replace(there, facts={**there.facts, "precision": "fp32", "hardware": machine})
    write_rows(tmp_path / "rows.csv", [result(1), there])
    said = [each.provenance.arithmetic for each in read_rows(tmp_path / "rows.csv")]
    assert said == ["fp32 (convolutions in TF32)", result(1).facts["precision"]]
    row = row_of(there)
    with pytest.raises(BenchError, match="hardware_tf32 is"):
        result_from({**row, "hardware_tf32": '{"convolutions": "no"}'})
    assert result_from({name: text for name, text in row.items() if name != "hardware_tf32"}).provenance.arithmetic == "fp32"


def test_what_teachers_took_is_kept_beside_runs_without_any(tmp_path):
    taught = replace(result(0), facts={**result(0).facts, "cost": {**result(0).facts["cost"], "teacher_seconds": 39.5}})
    write_rows(tmp_path / "rows.csv", [result(1), taught])
    assert [each.provenance.cost.teacher_seconds for each in read_rows(tmp_path / "rows.csv")] == [39.5, None]


def test_rows_do_not_depend_on_the_order_of_results(tmp_path):
    write_rows(tmp_path / "a.csv", [result(0), result(1)])
    write_rows(tmp_path / "b.csv", [result(1), result(0)])
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_stored_rows_say_that_they_are(tmp_path):
    write_rows(tmp_path / "a.csv", [result()])
    assert read_rows(tmp_path / "a.csv", "stored")[0].source == "stored"


@pytest.mark.parametrize(
    "text", ["", "run,seed\n1,2\n", "\x00", ",".join(columns_of(["classification"])) + "\n" + "x," * 5 + "\n"]
)
def test_what_is_no_file_of_rows_is_one_line(text, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    with pytest.raises(BenchError) as fault:
        read_rows(path)
    assert "\n" not in str(fault.value)


def test_a_file_that_was_cut_short_names_its_line(tmp_path):
    path = tmp_path / "rows.csv"
    write_rows(path, [result()])
    path.write_text(path.read_text().rstrip()[:-5])
    with pytest.raises(BenchError, match=r"rows.csv, line 2: row 'demo/.*not a result row"):
        read_rows(path)


def test_a_row_cannot_name_a_run_outside_its_folder():
    with pytest.raises(BenchError):
        result_from({**row_of(result()), "run": "demo/drrnet/../../etc/seed0"})


def test_json_has_no_nan_and_damage_is_one_line(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": math.nan, "b": [1.0, math.inf]})
    assert read_json(path) == {"a": None, "b": [1.0, None]}
    assert json.loads(path.read_text())["a"] is None
    for damaged in (b"", path.read_bytes()[:-4], b"[1]", b"\xff\xfe", b"[" * 100_000):
        path.write_bytes(damaged)
        with pytest.raises(BenchError, match="damaged"):
            read_json(path)
