"""``store add``, ``check`` and ``show``, and a report from stored rows."""

import math

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError


@pytest.fixture
def call(recorded):
    def invoke(*words):
        done = CliRunner().invoke(app, [*words, *recorded.words], env={"COLUMNS": "200", "NO_COLOR": "1"})
        assert done.exception is None or isinstance(done.exception, (BenchError, SystemExit)), done.exception
        return done

    return invoke


@pytest.fixture
def filled(recorded, call):
    recorded.record_all()
    assert call("store", "add").exit_code == 0
    return recorded


@pytest.mark.parametrize("command", ["add", "check", "show"])
def test_help_has_an_example(command):
    done = CliRunner().invoke(app, ["store", command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert "python -m bench store" in done.output


def test_adding_says_what_changed(recorded, call):
    recorded.record_all()
    assert call("store", "add", "table2").output == "demo/drrnet.csv: 8 added, 0 replaced, 0 there already; 8 rows\n"
    assert call("store", "add", "table2").output == "demo/drrnet.csv: 0 added, 0 replaced, 8 there already; 8 rows\n"
    run = recorded.runs()[0]
    recorded.record(run, accuracy=65.0)
    assert isinstance(call("store", "add", "table2").exception, BenchError)
    assert call("store", "add", "table2", "--replace").output.splitlines()[1:] == [f"  replaced {run.id}"]


def test_adding_a_part_needs_the_word(recorded, call):
    run = recorded.runs()[0]
    recorded.record(run)
    refused = call("store", "add", run.id).exception
    assert f"{run.cell.id} (1)" in str(refused) and "--partial" in str(refused)
    assert "1 added" in call("store", "add", run.id, "--partial").output


def test_checking_exits_with_1_and_a_line_per_problem(filled, call):
    assert call("store", "check").output == "demo/drrnet.csv: 8 rows in 4 cells, all as the plan says\n"
    lines = filled.stored.read_text().splitlines()
    filled.stored.write_text("\n".join(lines[:-1]) + "\n")
    done = call("store", "check")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "demo/drrnet.csv: seeds are missing of demo/drrnet/opensarship/vgg11_bn/tfkd (1)",
        "demo/drrnet.csv: 7 rows in 4 cells, all as the plan says",
    ]
    filled.stored.write_text("\n".join([*lines, lines[-1]]) + "\n")
    done = call("store", "check")
    assert done.exit_code == 1 and "stored twice" in done.output


def test_checking_nothing_is_no_problem(call):
    done = call("store", "check")
    assert done.exit_code == 0 and done.output.startswith("nothing is stored in ")


def test_showing_a_line_per_cell(filled, call):
    heading, *lines = call("store", "show", "drrnet").output.splitlines()
    assert heading.split() == ["cell", "n", "mean", "sd", "data", "recipe", "hardware"]
    assert len(lines) == 4
    assert lines[0].split() == [
        "demo/drrnet/opensarship/resnet18/baseline",
        "2",
        "60.50",
        "0.71",
        "sar_standin3",
        "1",
        "A",
        "CPU",
    ]
    assert call("store", "show").output.splitlines()[1:] == lines


def test_masks_and_boxes_have_their_own_score():
    done = CliRunner().invoke(app, ["store", "show", "--set", "scale=quick"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    means = {line.split()[0].split("/")[2]: float(line.split()[2]) for line in done.output.splitlines()[1:]}
    assert 0 < means["voc"] < 100 and means["coco"] == 0 and not any(map(math.isnan, means.values()))


def test_showing_a_run_that_diverged(recorded, call):
    recorded.record_all()
    recorded.record(recorded.runs()[0], status="diverged", reason="nan", metrics={})
    call("store", "add")
    assert "1 +1 diverged  61.00  -" in call("store", "show").output


def test_showing_what_is_not_stored_is_one_line(filled, call):
    assert "nothing is stored of 'frskd'" in str(call("store", "show", "frskd").exception)


def test_a_report_is_rendered_from_stored_rows_alone(filled, call):
    for run in filled.runs():
        (filled.folder / run.record).unlink()
    assert call("report", "drrnet/table2", "--stored").exit_code == 0
    rows = (filled.folder / "reports" / "stored" / "demo" / "drrnet" / "table2.csv").read_text()
    assert rows.count(",stored,") == 8


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("drrnet/table2",), "nothing is stored"),
        (("drrnet/figure3",), "no curves"),
    ],
)
def test_a_report_that_stored_rows_cannot_give_is_one_line(words, reason, call):
    fault = str(call("report", *words, "--stored").exception)
    assert reason in fault and "\n" not in fault
