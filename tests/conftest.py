"""Every test process computes with one thread: as many processes as cores beat threads on small tensors."""

import gc
import os

import pytest
from projects.forks import end_server

os.environ.setdefault("OMP_NUM_THREADS", "1")
# What is imported lives to the end: looking through it for garbage is a third of what collecting the tests takes.
gc.disable()


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_unconfigure():
    end_server()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Put a test's ``xdist_group`` behind its id, where the scheduler of ``--dist loadgroup`` looks for it.

    pytest-xdist 3.8 does so itself up to pytest 9.1; with 9.2 it writes to an attribute that is gone, and every worker makes
    what one would have made for all (pytest-dev/pytest-xdist#1386).
    """
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        group = "_".join(sorted(mark.args[0] for mark in item.iter_markers("xdist_group")))
        if group and not item.nodeid.endswith(f"@{group}"):
            item._id = type(item._id).parse(f"{item.nodeid}@{group}")
