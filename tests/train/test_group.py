"""The shares that several devices take of a mini-batch: together they are the mini-batch, whoever cuts it."""

from itertools import chain

import numpy as np
import pytest
import torch
from divided_training import member
from PIL import Image
from torch.multiprocessing.spawn import start_processes

from bench.data import FileSet, training_batches
from bench.data.loading.batches import rows_of
from bench.train.group import Group

RECIPE = {
    "image_size": 16,
    "batch_size": 7,
    "augmentation": [{"random_resized_crop": [0.3, 1.0]}, {"horizontal_flip": 0.5}],
    "normalise": {"mean": [0.5], "std": [0.25]},
}


@pytest.fixture
def files(tmp_path):
    draw = np.random.default_rng(0)
    names = [f"{index}.png" for index in range(14)]
    for name in names:
        Image.fromarray(draw.integers(0, 256, (20, 24, 3), dtype=np.uint8)).save(tmp_path / name)
    return FileSet(tmp_path, tuple(names), torch.arange(14) % 2)


@pytest.mark.parametrize("count", [2, 3, 7, 256])
def test_rows_cover_the_batch_once(count):
    rows = [list(range(count))[rows_of(count, (rank, 3))] for rank in range(3)]
    assert list(chain(*rows)) == list(range(count))
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


def joined(parts, name):
    return torch.cat([getattr(part, name) for part in parts])


def test_devices_read_the_rows_of_one_mini_batch(files):
    options = {"seed": 3, "device": "cpu", "views": 2, "pairs": True}
    whole = list(training_batches(files, RECIPE, **options).epoch(2, start_step=1))
    shares = [list(training_batches(files, RECIPE, **options, share=(rank, 2)).epoch(2, start_step=1)) for rank in range(2)]
    for step, batch in enumerate(whole):
        parts = [share[step] for share in shares]
        assert batch.whole is None and {part.whole for part in parts} == {7} and {len(part) for part in parts} == {3, 4}
        for name in ("labels", "indices", "partners", "partner_indices"):
            assert torch.equal(joined(parts, name), getattr(batch, name)), name
        for view in range(2):
            assert torch.equal(torch.cat([part.views[view] for part in parts]), batch.views[view])
        group = Group(1, 2)
        assert group.share(parts[1]) is parts[1]  # not cut a second time
        assert torch.equal(group.share(batch).views[0], parts[1].views[0]) and group.share(batch).whole == 7


def test_two_processes_stop_anywhere_and_end_where_they_would_have(config, squares, tmp_path):
    start_processes(member, (str(tmp_path), config(epochs=4), squares), nprocs=2, start_method="fork")
    assert (tmp_path / "while the first evaluates").exists()
