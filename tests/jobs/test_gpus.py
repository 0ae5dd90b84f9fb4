"""GPUs are handed out by lock files; no GPU is needed to see that."""

import json
import signal
import subprocess
import sys
import time

import pytest

from bench.jobs.gpus import gpus_taken
from bench.plan import BenchError

HOLD = """
import sys, time
from pathlib import Path
from bench.jobs.gpus import gpus_taken
folder, gpus, per_gpu, count, seconds = Path(sys.argv[1]), *map(int, sys.argv[2:5]), float(sys.argv[5])
with gpus_taken(gpus, per_gpu, count, environment={}, folder=folder / "locks", poll_seconds=0.02) as names:
    began = time.time()
    print(",".join(names), flush=True)
    time.sleep(seconds)
    (folder / f"{began}.span").write_text(f'["{",".join(names)}", {began}, {time.time()}]')
"""


def hold(folder, gpus, per_gpu, count=1, seconds=0.4):
    words = [sys.executable, "-c", HOLD, str(folder), *map(str, (gpus, per_gpu, count, seconds))]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def taken(gpus, per_gpu=1, count=1, folder=None, **environment):
    with gpus_taken(gpus, per_gpu, count, environment=environment, folder=folder) as names:
        return names


def most_at_once(folder):
    """Per GPU, how many trainings held it at a time."""
    spans = [json.loads(path.read_text()) for path in folder.glob("*.span")]
    most = {}
    for names, began, _ in spans:
        for name in names.split(","):
            count = sum(name in others.split(",") and start <= began < end for others, start, end in spans)
            most[name] = max(most.get(name, 0), count)
    return len(spans), most


@pytest.mark.parametrize(("per_gpu", "expected"), [(1, {"0": 1, "1": 1}), (2, {"0": 2, "1": 2})])
def test_trainings_side_by_side_share_out_the_gpus(tmp_path, per_gpu, expected):
    for process in [hold(tmp_path, 2, per_gpu) for _ in range(6)]:
        assert process.wait(timeout=30) == 0
    assert most_at_once(tmp_path) == (6, expected)


def test_a_training_on_two_gpus_gets_different_ones_and_nobody_starves(tmp_path):
    processes = [hold(tmp_path, 3, 1, count) for count in (2, 1, 2, 1, 2)]
    for process in processes:
        assert process.wait(timeout=30) == 0
    count, most = most_at_once(tmp_path)
    assert count == 5 and set(most.values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_crash_frees_the_gpu(tmp_path, number):
    first = hold(tmp_path, 1, 1, seconds=60)
    assert first.stdout.readline() == "0\n"
    second = hold(tmp_path, 1, 1, seconds=0)
    time.sleep(0.3)
    assert second.poll() is None  # waits
    first.send_signal(number)
    assert second.communicate(timeout=20)[0] == "0\n"
    first.wait()


def test_without_gpus_nothing_is_handed_out(tmp_path):
    assert taken(0, folder=tmp_path, CUDA_VISIBLE_DEVICES="3") == ()
    assert not list(tmp_path.iterdir())


def test_an_outer_list_is_what_is_handed_out(tmp_path):
    assert taken(2, folder=tmp_path, CUDA_VISIBLE_DEVICES="5,7,8") == ("5",)
    assert taken(2, count=2, folder=tmp_path, CUDA_VISIBLE_DEVICES="GPU-1a/b, 7") == ("GPU-1a/b", "7")
    assert all(path.is_relative_to(tmp_path) for path in tmp_path.rglob("*.lock"))


def test_what_slurm_gave_to_a_job_is_left_alone(tmp_path):
    assert taken(4, folder=tmp_path, CUDA_VISIBLE_DEVICES="0", SLURM_JOB_ID="7") == ()
    assert taken(4, folder=tmp_path, CUDA_VISIBLE_DEVICES="0,1", SLURM_JOB_ID="7") == ("0",)  # an allocation of two


@pytest.mark.parametrize("listed", ["", "3"])
def test_too_few_gpus_are_told(tmp_path, listed):
    with pytest.raises(BenchError, match="2 GPUs are needed"):
        taken(4, count=2, folder=tmp_path, CUDA_VISIBLE_DEVICES=listed)
