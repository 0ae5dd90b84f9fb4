"""Which trainings a lease begins, how it stops them, and that the next one finds what it left."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bench.plan import Plan, load_settings
from bench.plan.catalogue import method_files
from benchmarks import lease_trainings as lease

SLEEPER = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(75)); print(flush=True); time.sleep(60)"
RUNS = "drrnet/table2", "opensarship"
PART = lease.Block(*RUNS, ("resnet18",), 3, at_once=2, gib=1, variants=("baseline", "dlb", "drrnet"))


@pytest.fixture
def plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Plan(load_settings(["scale=paper", "stored_dir=nothing"]))


def recorded(run):
    Path(run.record).parent.mkdir(parents=True, exist_ok=True)
    Path(run.record).write_text("{}")


@pytest.fixture
def processes(monkeypatch):
    """What is started, in its order; each has a record at once, but those of ``endless`` sleep until they are stopped."""
    begun, endless = [], set()

    def started(job, settings, logs):
        begun.append(job.name.split("/")[-2] + job.name[-1])
        if begun[-1] in endless:
            process = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE)
            process.stdout.readline()
            return process
        for run in job.runs:
            recorded(run)
        return subprocess.Popen(["true"])

    monkeypatch.setattr(lease, "_started", started)
    return begun, endless


def seeds(jobs):
    return [(job.runs[0].cell.variant, [run.seed for run in job.runs]) for job in jobs]


def test_seeds_come_in_parts_and_the_papers_own_method_with_its_teacher_first(plan):
    jobs = lease.jobs_of(plan, (PART,))
    assert seeds(jobs) == [(v, [0, 1]) if s else (v, [2]) for v in ("dlb", "drrnet", "baseline") for s in (1, 0)]
    assert [job.gib for job in jobs[:2]] == [2, 1]
    assert all(plan.resolve(job.runs[0]) for job in lease.jobs_of(plan, lease.PRIORITY))  # every name is a known one


def test_what_has_a_record_is_left_out_but_a_teacher_without_weights_trains_again(plan):
    part = replace(PART, seeds=1, variants=("dlb", "drrnet"))
    teacher, student = (job.runs[0] for job in lease.jobs_of(plan, (part,)))
    recorded(teacher)
    assert seeds(lease.jobs_of(plan, (part,))) == [("dlb", [0]), ("drrnet", [0])] and not Path(teacher.record).exists()
    recorded(teacher)
    weights = Path(teacher.workspace) / "weights.pt"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert seeds(lease.jobs_of(plan, (part,))) == [("drrnet", [0])]
    recorded(student)
    assert lease.jobs_of(plan, (part,)) == []


def test_a_record_that_no_block_makes_again_is_kept(plan):
    part = replace(PART, seeds=1, variants=("dlb", "drrnet"))
    teacher = lease.jobs_of(plan, (part,))[0].runs[0]
    recorded(teacher)
    assert seeds(lease.jobs_of(plan, (replace(part, variants=("drrnet",)),))) == [("drrnet", [0])]
    assert Path(teacher.record).exists()


def test_what_is_stored_is_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan = Plan(load_settings(["scale=demo"]))
    assert len(plan.cells_of("drrnet", "table2")) == 50
    assert lease.jobs_of(plan, (replace(PART, variants=()),)) == []


def test_a_student_waits_for_its_teacher_and_the_end_stops_what_runs(plan, processes, tmp_path):
    begun, endless = processes
    endless.add("drrnet0")
    part = replace(PART, seeds=1, variants=("drrnet", "dlb"))
    ended = lease.train_until(time.monotonic() + 3, plan, lease.jobs_of(plan, (part,)), {}, 2, tmp_path / "logs")
    assert begun == ["dlb0", "drrnet0"]
    assert [end["code"] for end in ended.values()] == [0, 75]


def test_a_student_whose_teacher_does_not_come_is_not_waited_for(plan, processes, tmp_path):
    alone = lease.jobs_of(plan, (replace(PART, variants=("drrnet",)),))
    assert lease.train_until(time.monotonic() + 60, plan, alone, {}, 2, tmp_path / "logs") == {}


def test_no_more_begins_than_the_memory_holds(plan, processes, tmp_path):
    begun, endless = processes
    endless.update(("baseline0", "lsr0"))
    jobs = lease.jobs_of(plan, (replace(PART, seeds=1, gib=3, variants=("baseline", "lsr")),))
    lease.train_until(time.monotonic() + 1, plan, jobs, {}, 2, tmp_path / "logs", gib=5)
    assert begun == ["baseline0"]


def test_one_training_of_every_method_comes_with_its_teachers():
    plan = Plan(load_settings(["scale=demo"]))
    variants = [job.runs[0].cell.variant for job in lease.one_of_each_method(plan, ("kd_detection", "mixup"))]
    assert variants == ["mixup", "detector", "kd-detector"]
    trained = {plan.resolve(job.runs[0])["method"]["name"] for job in lease.one_of_each_method(plan)}
    assert trained == {name for name in method_files() if name != "given_weights"}


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
