"""The real Snakefile on a small cross-section: fresh, finished, and copies of it."""

import pytest
from projects.shared import made_once
from projects.workflow import Project, copied


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project whose table and figure have been made once, by the user's line in real processes."""

    def make(folder):
        made = Project(folder / "project")
        made.real = True
        done = made.snakemake("reports/table2.html", "reports/drrnet/figure3.svg")
        (folder / "said.txt").write_text(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr

    folder = made_once(tmp_path_factory, "finished", make)
    made = Project.at(folder / "project")
    made.said = (folder / "said.txt").read_text()
    return made


@pytest.fixture
def copy(finished, tmp_path):
    return copied(finished, tmp_path / "copy")
