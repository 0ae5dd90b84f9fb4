"""What a record says of the commit that a file comes from."""

import subprocess

from bench.jobs.environment import commit_of


def test_the_commit_of_a_file_is_the_last_that_changed_it(tmp_path):
    def git(*words):
        done = subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e", *words], cwd=tmp_path, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    paper, other = tmp_path / "paper.yaml", tmp_path / "other.yaml"
    assert commit_of(paper) == ""  # no checkout
    git("init", "-q")
    paper.write_text("own: []")
    git("add", "."), git("commit", "-q", "-m", "one")
    first = git("rev-parse", "HEAD")
    other.write_text("x")
    git("add", "."), git("commit", "-q", "-m", "two")
    commit_of.cache_clear()
    assert commit_of(paper) == first
    assert commit_of(other) == git("rev-parse", "HEAD")
    paper.write_text("own: [ours]")
    commit_of.cache_clear()
    assert commit_of(paper) == ""  # not as committed
