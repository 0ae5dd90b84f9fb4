"""Kills at random moments, then one clean run: nothing is lost and nothing differs. `make test-chaos` runs the long one."""

import json
import os
import sys
import time

import pytest
from chaos import CONFIG, TARGETS, Chaos

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

# What no second training repeats, in records and in the CSV beside the table.
TIMES = ("cost", "hardware", "git", "checksum")


def values(project):
    """Every record without times and the machine's facts, as text."""
    found = {name: json.loads(text) for name, text in project.records().items()}
    return {
        name: json.dumps({key: value for key, value in record.items() if key not in TIMES}, sort_keys=True)
        for name, record in found.items()
    }


def survive(project, undisturbed, kills, longest):
    project.edit(project.scale, lambda content: content.update(seeds_per_job=1))
    chaos = Chaos(project, seed=20240607)
    began = time.monotonic()
    chaos.rage(kills, longest)
    chaos.calm()
    done = project.snakemake(*TARGETS, config=CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert values(project) == values(undisturbed)
    assert not list(project.folder.glob("results/**/.*.[0-9]*"))  # nothing half written is left
    assert project.jobs(*TARGETS) == {}
    sentence = (
        f"{chaos.kills} kills survived ({chaos.trainings} trainings, {chaos.workflows} workflows), {chaos.unlocks} unlocks"
    )
    print(f"{sentence}; {len(project.records())} records, 0 lost, {time.monotonic() - began:.0f} s")
    return chaos


def test_a_few_kills(project, finished):
    survive(project, finished, kills=5, longest=2.0)


@pytest.mark.chaos
def test_many_kills(project, finished):
    kills = int(os.environ.get("BENCH_KILLS", "60"))
    chaos = survive(project, finished, kills, longest=6.0)
    assert chaos.trainings >= kills // 3
    assert chaos.workflows >= kills // 6
