"""Freed memory stays in the process: a step that allocates again faults no pages in."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from bench.train.memory import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(77)
for step in range(12):
    if step == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**24).fill_(1.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_large_tensors_are_not_faulted_in_at_every_step():
    def faults(word):
        done = subprocess.run([sys.executable, "-c", FAULTS, word], capture_output=True, text=True, check=False)
        if done.returncode == 77:
            pytest.skip("the C library has no mallopt")
        return int(done.stdout)

    assert faults("keep") < 0.1 * faults("return")
