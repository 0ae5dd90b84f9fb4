"""The real Snakefile on a small cross-section: fresh, finished, and copies of it."""

import pytest
from projects.workflow import Project, copied


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project whose table and figure have been made once, by the user's line."""
    made = Project(tmp_path_factory.mktemp("finished"))
    made.first = made.snakemake("reports/table2.html", "reports/drrnet/figure3.svg")
    assert made.first.returncode == 0, made.first.stdout + made.first.stderr
    return made


@pytest.fixture
def copy(finished, tmp_path):
    return copied(finished, tmp_path / "copy")


@pytest.fixture(scope="session")
def strictly_finished(finished, tmp_path_factory):
    """The finished project after a run under the rule that changed code re-runs."""
    made = copied(finished, tmp_path_factory.mktemp("strict") / "copy")
    done = made.snakemake(
        "reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg", config=("rerun_on_code_change=yes",)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return made
