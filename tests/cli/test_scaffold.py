"""``new-method``: what it writes runs and passes its own test, and what it refuses."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError, load_settings
from bench.plan.catalogue import ROOT


@pytest.fixture
def new_method(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda name, task="classification": CliRunner().invoke(app, ["new-method", "--task", task, "--", name])


@pytest.mark.parametrize(
    ("task", "compared"),
    [
        ("classification", ""),
        ("segmentation", " compare=[frskd/table4]"),
        ("detection", " compare=[reviewkd/detection]"),
    ],
)
def test_what_it_writes_passes_its_own_test(new_method, tmp_path, task, compared):
    done = new_method("soft_labels", task)
    assert done.exit_code == 0, done.output
    _, test, compare = done.output.splitlines()
    assert test.split() == ["python", "-m", "pytest", "test_soft_labels.py"]
    command = "snakemake --cores all reports/compare/soft_labels.html --config new_method=soft_labels.py"
    assert compare.strip() == command + compared
    assert sorted(path.name for path in tmp_path.iterdir()) == ["soft_labels.py", "test_soft_labels.py"]
    assert (tmp_path / "soft_labels.py").read_text().count("REPLACE") == 1
    ran = subprocess.run(
        [sys.executable, *test.split()[1:], "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0 and "13 passed" in ran.stdout, ran.stdout
    if task != "classification":
        return
    # Where imports of bench belong depends on the folder; all other rules are the project's.
    rules = ["--config", str(ROOT / "pyproject.toml"), "--ignore", "I001"]
    assert subprocess.run([sys.executable, "-m", "ruff", "check", *rules, "."], cwd=tmp_path, check=False).returncode == 0


def test_a_paper_of_ones_own_data_and_network_passes_what_is_written_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plugins = ["--with", "my_shapes.py", "--with", "my_net.py"]
    for words in (
        ["new-dataset", "my_shapes"],
        ["new-backbone", "my_net"],
        ["new-paper", "my_paper", "--dataset", "my_shapes", "--backbone", "my_net", *plugins],
    ):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].endswith("--config plugins=[my_paper.yaml,my_shapes.py,my_net.py]")
    load_settings()  # this process knows them no more
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0 and "6 passed" in ran.stdout, ran.stdout
    rules = ["--config", str(ROOT / "pyproject.toml"), "--ignore", "I001"]
    assert subprocess.run([sys.executable, "-m", "ruff", "check", *rules, "."], cwd=tmp_path, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("new-method", "mine", "--task", "detecting"), "did you mean 'detection'"),
        (("new-dataset", "cifar10"), "a dataset of that name exists already"),
        (("new-backbone", "resnet18"), "a backbone of that name exists already"),
        (("new-paper", "drrnet"), "a paper of that name exists already"),
        (("new-paper", "mine", "--dataset", "cifar11"), "did you mean 'cifar10'"),
    ],
)
def test_other_names_that_are_taken_or_unknown_are_refused(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    _refused(CliRunner().invoke(app, list(words)), message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["two-words", "2fast", "class", "a b", "../up", "", "_hidden", "größe", "x.py"])
def test_it_refuses_what_is_no_identifier(new_method, tmp_path, name):
    _refused(new_method(name), "not a Python identifier")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dlb", "a method of that name exists already"),
        ("drrnet", "has a variant of that name"),
        ("random", "a module or class"),
        ("step", "a module or class"),
    ],
)
def test_it_refuses_a_name_that_is_taken(new_method, tmp_path, name, message):
    _refused(new_method(name), message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", ["mine.py", "test_mine.py"])
def test_it_overwrites_nothing(new_method, tmp_path, there):
    (tmp_path / there).write_text("precious")
    _refused(new_method("mine"), f"{there} is there already")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["precious"]


def _refused(done, message):
    assert isinstance(done.exception, BenchError) and message in str(done.exception)
    assert "\n" not in str(done.exception)
