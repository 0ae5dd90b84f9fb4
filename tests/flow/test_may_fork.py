"""When the workflow's trainings may be forks."""

from types import SimpleNamespace

import pytest

from bench.flow import preload
from bench.flow.preload import may_fork
from bench.flow.snakemake9 import runs_jobs_here
from bench.plan import settings_from


@pytest.fixture(autouse=True)
def without_gpu(monkeypatch):
    monkeypatch.setattr(preload, "DEVICES", ())


def test_trainings_on_a_cpu_may_be_forks():
    assert may_fork(settings_from({}), {}) and may_fork(settings_from({"device": "cpu"}), {})


@pytest.mark.parametrize("settings", [{"preload": "no"}, {"preload": False}, {"gpus": 1}, {"device": "cuda"}], ids=str)
def test_settings_that_forbid_forks(settings):
    assert not may_fork(settings_from(settings), {})


def test_a_job_of_slurm_is_a_process_of_its_own():
    assert not may_fork(settings_from({}), {"SLURM_JOB_ID": "7"})


def test_a_gpu_that_may_be_used_forbids_forks(monkeypatch, tmp_path):
    monkeypatch.setattr(preload, "DEVICES", (str(tmp_path),))
    assert not may_fork(settings_from({}), {}) and may_fork(settings_from({"device": "cpu"}), {})


@pytest.mark.parametrize(("local", "main", "here"), [(True, True, True), (False, True, False), (True, False, False)])
def test_jobs_of_an_executor_elsewhere_are_not_here(local, main, here):
    assert runs_jobs_here(SimpleNamespace(local_exec=local, is_main_process=main)) is here
