"""Printed numbers: strict reading, and a recount against the paper's text."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bench.plan import BenchError, Paper, load_paper
from bench.plan.catalogue import ROOT
from bench.report.reported import Key, load_reported, parse_reported

HEADER = "dataset,backbone,variant,metric,value,sd,n,note\n"
GOOD = "ships,tiny,ours,accuracy,80.50,1.20,5,\n"


def read(paper: Paper, text: str) -> dict[Key, object]:
    return dict(parse_reported(text, paper, paper.tables["table2"], "t.csv"))


def test_value_and_sd_stay_as_printed(paper: Paper) -> None:
    number = parse_reported(HEADER + GOOD, paper, paper.tables["table2"], "t.csv")[Key("ships", "tiny", "ours", "accuracy")]
    assert (number.text, number.sd_text, number.value, number.sd, number.n) == ("80.50", "1.20", 80.5, 1.2, 5)


MIXED = "ships,tiny,baseline,accuracy,66.10,1.20,5,\n"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (MIXED + "ships,tiny,ours,accuracy,0.671,1.20,5,\n", "line 3: '0.671' beside 66.10 (line 2)"),
        ("ships,tiny,ours,accuracy,0.671,,,\n", "line 2: '0.671' in its column"),
        ("ships,tiny,ours,accuracy,150,,,\n", "line 2: value '150' is not a percentage; allowed: 0 to 100"),
        ("ships,tiny,ours,accuracy,-3,,,\n", "line 2: value '-3' is not a percentage"),
        ("ships,tiny,ours,accuracy,66.1 %,,,\n", "line 2: value '66.1 %' is not a number; leave the sign of percent out"),
        ("ships,tiny,ours,accuracy,66.1,1.2 %,5,\n", "line 2: sd '1.2 %' is not a number"),
        ("ships,tiny,ours,accuracy,66.1,0.012,5,\n", "line 2: sd '0.012' beside a mean of 66.1"),
        ("ships,tiny,ours,accuracy,66.1,1.2,1,\n", "line 2: sd '1.2' of one run (n = 1)"),
        ("ships,tiny,ours,accuracy,66.1,60,5,\n", "line 2: sd '60' beside a mean of 66.1; allowed: up to"),
        ("ships,tiny,ours,accuracy_gain,-101,,,\n", "line 2: value '-101' is not a percentage; allowed: -100 to 100"),
    ],
)
def test_units_that_cannot_be_meant_are_refused_with_their_line(paper: Paper, lines: str, words: str) -> None:
    with pytest.raises(BenchError) as caught:
        read(paper, HEADER + lines)
    assert words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["-0.54", "0.3", "6.96"])
def test_a_gain_may_be_small_or_negative(paper: Paper, value: str) -> None:
    read(paper, HEADER + GOOD + f"ships,tiny,ours,accuracy_gain,{value},,,\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dataset,backbone\n", "the columns must be"),
        ("", "found nothing"),
        (HEADER + "ships,tiny,ours,accuracy,80.5\n", "5 fields instead of 8"),
        (HEADER + GOOD + GOOD, "line 3: a second number"),
        (HEADER + "planes,tiny,ours,accuracy,1,,,\n", "unknown dataset 'planes'"),
        (HEADER + "ships,tiny,theirs,accuracy,1,,,\n", "unknown variant 'theirs'"),
        (HEADER + "ships,large,ours,accuracy,1,,,\n", "no place for ships, large, ours"),
        (HEADER + "ships,tiny,ours,loss,1,,,\n", "no place for"),
        (HEADER + "ships,tiny,<b>,accuracy,1,,,\n", "'<b>' is not an id"),
        (HEADER + "ships,tiny,ours,accuracy,high,,,\n", "value 'high' is not a percentage"),
        (HEADER + "ships,tiny,ours,accuracy,nan,,,\n", "value 'nan' is not a percentage"),
        (HEADER + "ships,tiny,ours,accuracy,1,-2,,\n", "sd '-2' is not a percentage"),
        (HEADER + "ships,tiny,ours,accuracy,1,2,0,\n", "n '0' is not a positive whole number"),
        (HEADER + 'ships,tiny,ours,accuracy,1,2,5,"open\n', "not valid CSV"),
    ],
)
def test_faults_are_one_line(paper: Paper, text: str, words: str) -> None:
    with pytest.raises(BenchError) as caught:
        read(paper, text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(paper: Paper, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"table2\.csv: no such file"):
        load_reported(tmp_path, paper, "table2")


@pytest.fixture(scope="module")
def drrnet() -> Paper:
    return load_paper("drrnet", ROOT / "config" / "papers")


@pytest.mark.parametrize("table", ["table1", "table2", "tableR1"])
def test_every_place_of_drrnet_has_a_number(drrnet: Paper, table: str) -> None:
    numbers = load_reported(ROOT / "results" / "reported", drrnet, table)
    places = {Key.at(entry) for entry in drrnet.tables[table].entries()}
    assert {key for key in numbers if not key.metric.endswith("_gain")} == places


@pytest.mark.parametrize("table", ["table1", "table2"])
def test_printed_gains_are_the_differences_of_printed_means(drrnet: Paper, table: str) -> None:
    numbers = load_reported(ROOT / "results" / "reported", drrnet, table)
    gains = [key for key in numbers if key.metric == "accuracy_gain"]
    assert len(gains) == {"table1": 6, "table2": 32}[table]
    for key in gains:
        level = key._replace(metric="accuracy")
        assert numbers[key].value == pytest.approx(numbers[level].value - numbers[level.of("baseline")].value, abs=0.005)


TEXT = ROOT.parent / "shared" / "papers" / "drrnet-skd.txt"


@pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the checkout")
@pytest.mark.parametrize(
    ("table", "start"),
    [("table1", "BackBone\tMethod"), ("table2", "Dataset\tMethod"), ("tableR1", "\tMethod\tOpenSARShip")],
)
def test_recount_against_the_papers_text(drrnet: Paper, table: str, start: str) -> None:
    text = TEXT.read_text(encoding="utf-8")
    lines = text[text.index(start) :].split("\n\n")[0]
    plain = re.sub(r"[{}$]|\\scriptstyle|_", " ", lines.replace("\\pm", "±"))
    levels = re.findall(r"(\d\d\.\d\d)\s*±\s*(\d\.\d\d)", plain)
    gains = [(sign.replace("±", "+") + digits) for sign, digits in re.findall(r"\(\s*([+±-])\s*(\d\.\d\d)\s*\)", plain)]
    alone = re.findall(r"\t(\d\d(?:\.\d\d)?)(?=\t|\n|$)", plain)  # a mean without a deviation
    printed = [(value, sd) for value, sd in levels] + [(value, "") for value in gains + alone]
    numbers = load_reported(ROOT / "results" / "reported", drrnet, table)
    assert Counter((number.text, number.sd_text) for number in numbers.values()) == Counter(printed)
