"""Which trainings a lease begins, how it stops them, and that the next one finds what it left."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.plan import Plan, load_settings
from benchmarks import lease_trainings as lease

SLEEPER = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(75)); print(flush=True); time.sleep(60)"
PART = lease.Block("drrnet", "opensarship", ("resnet18",), ("baseline", "dlb", "drrnet"), 3)


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Plan(load_settings(["scale=paper"]))


def recorded(run):
    Path(run.record).parent.mkdir(parents=True, exist_ok=True)
    Path(run.record).write_text("{}")


@pytest.fixture
def processes(monkeypatch):
    """What is started, in its order; each has a record at once, but those of ``endless`` sleep until they are stopped."""
    begun, endless = [], set()

    def started(job, settings, logs):
        begun.append(job[0].id.split("/")[-2] + job[0].id[-1])
        if begun[-1] in endless:
            process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE)
            process.stdout.readline()
            return process
        for run in job:
            recorded(run)
        return subprocess.Popen(["true"])

    monkeypatch.setattr(lease, "_started", started)
    return begun, endless


def test_what_has_a_record_is_left_out_and_seeds_come_in_parts(plan):
    jobs = lease.jobs_of(plan, (PART,), 2)
    assert [[run.seed for run in job] for job in jobs] == [[0, 1], [2]] * 3
    recorded(jobs[0][1])
    assert [run.seed for run in lease.jobs_of(plan, (PART,), 2)[0]] == [0]
    assert all(plan.resolve(job[0]) for job in lease.jobs_of(plan, lease.PRIORITY, 5))  # every name is a known one


def test_a_student_waits_for_its_teacher_and_the_end_stops_what_runs(plan, processes, tmp_path):
    begun, endless = processes
    endless.add("drrnet0")
    students_first = lease.Block("drrnet", "opensarship", ("resnet18",), ("drrnet", "dlb"), 1)
    codes = lease.train_until(time.monotonic() + 3, plan, lease.jobs_of(plan, (students_first,), 1), {}, 2, tmp_path / "logs")
    assert begun == ["dlb0", "drrnet0"]
    assert [code for name, code in codes.items()] == [0, 75]


def test_a_student_whose_teacher_does_not_come_is_not_waited_for(plan, processes, tmp_path):
    alone = lease.Block("drrnet", "opensarship", ("resnet18",), ("drrnet",), 1)
    assert lease.train_until(time.monotonic() + 60, plan, lease.jobs_of(plan, (alone,), 1), {}, 2, tmp_path / "logs") == {}


def test_what_is_packed_is_found_by_the_next_lease_records_first(tmp_path, monkeypatch):
    monkeypatch.setattr(lease, "PIECE", 400)
    here, out, there = (tmp_path / name for name in ("here", "out", "there"))
    sizes = {
        "runs/a/seed0.json": 50,
        "work/a/seed1/checkpoint.pt": 900,
        "work/a/seed2/weights.pt": 300,
        "work/b/checkpoint.pt": 5000,
    }
    for name, size in sizes.items():
        path = here / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(byte % 251 for byte in range(0, 7 * size, 7)))
    out.mkdir()
    said = lease.pack(here, out, 1300)
    assert (said["files"], said["left_out"]) == (3, ["results/work/b/checkpoint.pt"])
    assert len(list(out.glob("trainings.tgz.*"))) > 1 and lease.unpack(out, there) == 3
    for name in list(sizes)[:3]:
        assert (there / "results" / name).read_bytes() == (here / "results" / name).read_bytes()
    assert lease.unpack(tmp_path / "nowhere", there) == 0
