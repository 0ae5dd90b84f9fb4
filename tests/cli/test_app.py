"""The command line: help with examples, lists, plans, faults in one line."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError

COMMANDS = [
    "init",
    "list",
    "new-method",
    "new-dataset",
    "new-backbone",
    "new-paper",
    "plan",
    "show",
    "status",
    "export",
    "verdicts",
    "train",
    "alias",
    "report",
    "data check",
    "data fetch",
    "data prepare",
]
KINDS = ["papers", "tables", "figures", "methods", "backbones", "datasets", "variants", "scales"]


def call(*words):
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    done = call(*command.split(), "--help")
    assert done.exit_code == 0
    assert "python -m bench" in done.output


@pytest.mark.parametrize("kind", KINDS)
def test_lists_in_words_and_in_json(kind):
    names = [row["name"] for row in json.loads(call("list", kind, "--json").output)]
    assert names == [line.split()[0] for line in call("list", kind).output.splitlines()]
    assert {"papers": "drrnet", "tables": "drrnet/table2", "figures": "drrnet/figureR1", "methods": "drrnet_skd"}.get(
        kind, names[0]
    ) in names


def test_the_plan_counts_runs_and_teachers():
    done = call("plan", "table2")
    assert "250 trainings in 50 cells" in done.output
    assert "100 of them teach others" in done.output


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "table9"),
        ("plan", "table2", "--set", "scale=moon"),
        ("train", "nonsense"),
        ("train", "demo/drrnet/fusar/resnet18/dlb/seed0", "paper/drrnet/fusar/resnet18/dlb/seed0"),
        ("data", "check", "fusar", "--set", "data_dir=nowhere"),
        ("data", "prepare", "--key", "unheard-of"),
        ("report", "drrnet/table9"),
        ("show", "nothing"),
    ],
)
def test_a_fault_is_one_line(words):
    done = call(*words)
    assert isinstance(done.exception, BenchError)
    assert "\n" not in str(done.exception)


def test_the_program_prints_the_line_and_exits_with_1():
    done = subprocess.run([sys.executable, "-m", "bench", "plan", "table9"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_settings_come_from_a_file_and_set_comes_last(tmp_path):
    (tmp_path / "mine.yaml").write_text("scale: quick\nseeds: [0, 1]\n")
    base = ["plan", "drrnet/table2", "--settings", str(tmp_path / "mine.yaml")]
    assert "at scale 'quick': " in call(*base).output
    assert "at scale 'demo': " in call(*base, "--set", "scale=demo").output
    fewer, more = call(*base).output, call(*base, "--set", "seeds=[0,1,2,3]").output
    assert fewer.split("trainings")[0] != more.split("trainings")[0]


def test_every_command_that_takes_settings_takes_a_file_of_them():
    for command in (*COMMANDS, "probe", "compare", "store add", "store check", "store show"):
        text = call(*command.split(), "--help").output
        assert ("--settings" in text) == ("--set " in text), command
