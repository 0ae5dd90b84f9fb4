"""Every registered method as a candidate, so that what one check has trained is there for the next."""

import pytest
from projects.shared import one_thread  # noqa: F401 -- for every test here

from bench.methods import load_method
from bench.plan.catalogue import method_files
from bench.testing.conformance import Candidate

METHODS = sorted(method_files())
TRAINED = [name for name in METHODS if load_method(name).trains]
# Parameters that a step does not reach.
UNREACHED: dict[str, frozenset[str]] = {}
DEPLOY_MORE_THAN_A_NETWORK = {"ensemble"}


def pytest_generate_tests(metafunc):
    """``registered`` runs over every method, ``trained`` over those that train something."""
    if "registered" in metafunc.fixturenames:
        metafunc.parametrize("registered", METHODS)
    if "trained" in metafunc.fixturenames:
        metafunc.parametrize("trained", TRAINED)


@pytest.fixture(scope="session")
def candidate():
    """A method by its name; each is made once and keeps its training."""
    made = {
        name: Candidate(name, unreached=UNREACHED.get(name, frozenset()), exports=name not in DEPLOY_MORE_THAN_A_NETWORK)
        for name in METHODS
    }
    return made.__getitem__
