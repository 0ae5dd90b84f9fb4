"""What all workers of a test session share: made by the first that wants it, once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder ``name`` of this session, filled by ``make(folder)``; where that fails, the next worker tries another one."""
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # a worker's folder lies in the session's
    with FileLock(root / f"{name}.lock"):
        done = root / f"{name}.made"
        if not done.exists():
            folder = factory.mktemp(name)
            make(folder)
            done.write_text(str(folder))
        return Path(done.read_text())


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tests that compute with one thread of torch, whatever ran before them; imported where they are."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
