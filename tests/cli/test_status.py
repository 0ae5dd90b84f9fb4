"""``status``: running, finished, failed and left, read from files alone."""

import json

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError, parse_run
from bench.records.failures import note
from bench.records.worklist import WaitingJob, write_worklist

RUN = "demo/drrnet/fusar/resnet18/dlb/seed{}"


def test_it_counts_what_the_files_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_worklist([WaitingJob((RUN.format(seed),), f"logs/{seed}.log", 10.0) for seed in range(4)])
    for seed in (0, 1):
        path = tmp_path / "results" / "runs" / f"{RUN.format(seed)}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    note(parse_run(RUN.format(1)), "out of memory")
    (tmp_path / "logs").mkdir()
    lines = [
        f"{RUN.format(2)}: epoch {epoch}/4  ce 1.0  train 40.0 %  test 4{epoch}.5 %  9 images/s  2 s left" for epoch in (1, 2)
    ]
    (tmp_path / "logs" / "2.log").write_text("\n".join(lines) + "\n")
    text = CliRunner().invoke(app, ["status"]).output
    assert "4 trainings in 4 jobs" in text and "finished 1, failed 1, running 1, waiting 1" in text and "2 jobs left" in text
    assert f"running {RUN.format(2)}: epoch 2/4, test 42.5 %" in text and f"failed {RUN.format(1)}" in text
    found = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)
    assert (found["runs"], found["finished"], found["jobs_left"]) == (4, 1, 2) and found["running"][0]["score"] == 42.5


def test_without_a_call_of_the_workflow_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match="bench plan TARGET"):
        CliRunner().invoke(app, ["status"], catch_exceptions=False)
