"""The list of a call's trainings: what is left, and how long it takes at the pace so far."""

import json
import os
from pathlib import Path

import pytest

from bench.records.worklist import LIST, WaitingJob, Worklist, read_worklist, write_worklist

JOBS = [WaitingJob((f"demo/drrnet/fusar/resnet18/dlb/seed{seed}",), f"logs/{seed}.log", seconds=10.0) for seed in range(3)]


def finish(job, when):
    for run in job.parsed():
        path = Path(run.record)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (when, when))


def test_what_is_left_goes_by_what_is_written_since_the_call_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Worklist(1000.0, tuple(JOBS))
    assert found.left(1000.0) == (3, None)
    finish(JOBS[0], 500.0)  # of an earlier call, to be made again
    assert found.left(1010.0) == (3, None)
    finish(JOBS[0], 1020.0)
    assert found.left(1020.0) == (2, pytest.approx(40.0))


@pytest.mark.parametrize(
    "change", [{"runs": ["nonsense"]}, {"runs": [7]}, {"runs": None}, {"seconds": "many"}, {"seconds": None}]
)
def test_it_is_read_as_it_was_written_and_damage_is_no_list(tmp_path, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    assert read_worklist() is None
    write_worklist(JOBS)
    assert list(read_worklist().jobs) == JOBS
    write_worklist([])
    assert list(read_worklist().jobs) == JOBS
    LIST.write_text(json.dumps({"began": 1, "jobs": [{**vars(JOBS[0]), **change}]}))
    assert read_worklist() is None
