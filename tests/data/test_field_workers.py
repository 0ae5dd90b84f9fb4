"""Worker processes: small shared memory, long temporary folders, damaged pictures and killed workers end in one line."""

import os
import tempfile
from types import SimpleNamespace

import pytest
import torch
import torchvision  # noqa: F401  (seconds, which the first batch would wait for)
from projects.copies import COPIES, put

from bench.data import load_dataset, scored_batches, training_batches
from bench.data.loading import workers
from bench.plan import BenchError

RECIPE = {"image_size": 16, "batch_size": 2, "augmentation": [], "normalise": {"mean": [0.5], "std": [0.25]}}


@pytest.fixture
def data(tmp_path):
    return load_dataset("imagenet", 16, {}, put(tmp_path, "imagenet", COPIES["imagenet"]()), tmp_path / "cache")


def batches(data, count):
    options = {"seed": 0, "device": "cpu", "views": 1, "pairs": False}
    return list(training_batches(data.train, RECIPE, workers=count, **options).epoch(1))


def small(monkeypatch, free=64 * 1024):
    monkeypatch.setattr(workers.os, "statvfs", lambda path: SimpleNamespace(f_bavail=free // 512, f_frsize=512))
    monkeypatch.setattr(workers, "_said", [])


def test_pipes_bring_what_shared_memory_brings(data, monkeypatch, capsys):
    plain = batches(data, 0)
    assert workers.why_piped(2, 100) == ""
    small(monkeypatch, free=1000)
    piped = batches(data, 1)
    assert all(torch.equal(one.views[0], other.views[0]) for one, other in zip(plain, piped, strict=True))
    assert len(list(scored_batches(data.test, RECIPE, device="cpu", workers=0))) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "through pipes, which is slower: /dev/shm has 0.0 MiB free" in said[0]


def test_what_keeps_tensors_from_being_shared_is_found_before_workers_start(monkeypatch):
    small(monkeypatch)
    assert "/dev/shm has 0.1 MiB free, 18.3 are needed" in workers.why_piped(2, 2_400_000)
    small(monkeypatch, free=2**30)
    assert workers.why_piped(2, 2_400_000) == ""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/tmp/" + "x" * 150)
    assert "the temporary folder's name has 155 letters (TMPDIR)" in workers.why_piped(2, 100)
    monkeypatch.setattr(workers, "SHARED", "/nowhere")
    monkeypatch.undo()
    monkeypatch.setattr(workers, "SHARED", "/nowhere")
    assert workers.why_piped(1, 1) == "/nowhere is not there"


@pytest.mark.parametrize("count", [0, 1])
def test_a_picture_that_cannot_be_used_is_one_line_whoever_reads_it(data, count):
    (data.train.folder / data.train.paths[0]).write_bytes(b"<html>")
    with pytest.raises(BenchError) as fault:
        batches(data, count)
    assert str(fault.value) == f"'{data.train.paths[0]}' is damaged (a web page)"


@pytest.mark.parametrize("count", [0, 1])
def test_a_fault_of_a_transform_is_one_line_as_well(data, count, monkeypatch):
    def fail(*words):
        raise RuntimeError("out of\npatience")

    monkeypatch.setattr("bench.data.loading.streaming._Pictures._draw", fail)
    with pytest.raises(BenchError, match=r"^'train/n0\d/train_\d_\d\.JPEG' cannot be used \(RuntimeError: out of patience\)$"):
        batches(data, count)


def test_a_killed_worker_is_one_line(data, monkeypatch):
    monkeypatch.setattr("bench.data.loading.streaming._Pictures._open", lambda *words: os._exit(9))
    with pytest.raises(BenchError, match="^workers=1: a reading process was killed: .*; try fewer$"):
        batches(data, 1)


def test_workers_that_cannot_be_started_are_one_line(data, monkeypatch):
    def full(*words, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workers, "DataLoader", full)
    with pytest.raises(BenchError, match=r"^workers=1: 1 reading processes cannot be started \(No space left on device\)"):
        batches(data, 1)
