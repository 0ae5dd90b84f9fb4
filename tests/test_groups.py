"""Tests of one group run in one worker, so that what they share is made once."""

import os

import pytest


@pytest.mark.xdist_group("together")
def test_the_scheduler_is_told_of_a_group(request):
    if "PYTEST_XDIST_WORKER" not in os.environ or not request.config.option.loadgroup:
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@together")
