"""``verdicts``: the table of the documentation, its aims, and its JSON."""

import json
import re

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan.catalogue import ROOT

PAPERS = ("drrnet", "frskd", "generations", "selfguidance")


def call(*words):
    done = CliRunner().invoke(app, ["verdicts", *words], env={"COLUMNS": "200", "NO_COLOR": "1"}, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


@pytest.fixture(scope="module")
def facts():
    return json.loads(call("--json"))


def rows_of(text):
    """The cells of every line of the two tables; percentages as numbers."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [[_number(cell) for cell in line] for line in lines if any("%" in cell for cell in line)]


def _number(cell):
    if match := re.fullmatch(r"([<>]?) ?(\d+) %", cell):
        return float(match[2]) + {"": 0.0, "<": -0.5, ">": 0.5}[match[1]]
    return cell


def test_the_documentation_shows_what_the_command_prints():
    printed = rows_of(call())
    documented = rows_of((ROOT / "docs" / "statistics.md").read_text(encoding="utf-8"))
    documented = [row for row in documented if len(row) in (len(printed[0]), len(printed[-1]))]
    assert len(documented) == len(printed) > 25
    for ours, theirs in zip(printed, documented, strict=True):
        for mine, other in zip(ours, theirs, strict=True):
            if isinstance(mine, float):
                assert mine == pytest.approx(other, abs=2.0)  # another numpy may draw other tables
            else:
                assert re.sub(r"\d+ %", "", mine) == re.sub(r"\d+ %", "", other)


def test_a_flawless_replication_of_large_gains_is_confirmed_in_four_of_five(facts):
    for name in PAPERS:
        claims = facts["papers"][name]["claims"]
        large = [(each["large"], each["large_confirmed"]) for each in claims if each["large"]]
        assert sum(count * share for count, share in large) / sum(count for count, _ in large) >= 0.8, name
        own = [each for each in claims if each["large"] and each["family"] == "own"]
        assert all(each["large_confirmed"] >= 0.8 for each in own), name


def test_gains_that_are_not_there_are_found_in_at_most_five_percent_of_the_families(facts):
    for paper in facts["papers"].values():
        assert all(each["false_one"]["zero"] <= 0.05 for each in paper["claims"])


def test_probabilities_sum_to_one(facts):
    for paper in facts["papers"].values():
        for each in paper["claims"]:
            for verdicts in each["verdicts"].values():
                assert sum(verdicts.values()) == pytest.approx(1.0)


def test_an_unknown_split_has_the_short_ladder_and_no_margins(facts):
    drrnet = facts["papers"]["drrnet"]
    assert not drrnet["margins"]
    for each in drrnet["claims"]:
        assert not each["sized"]
        assert each["verdicts"]["right"]["confirmed"] == 0.0


def test_what_is_not_printed_is_assumed_and_said(facts):
    assumed = {name: {each["assumed"] == each["gains"] for each in facts["papers"][name]["claims"]} for name in PAPERS}
    assert assumed == {"drrnet": {False}, "frskd": {False, True}, "generations": {True}, "selfguidance": {True}}
    assert "(sd assumed)" in call("generations")


def test_a_paper_is_shown_table_by_table():
    text = call("drrnet")
    assert "DRRNet-SKD, table1" in text and "DRRNet-SKD, table2" in text
    assert "direction alone" in text
    assert "FRSKD" not in text


def test_more_seeds_change_the_answer():
    table = json.loads(call("drrnet", "--json", "--set", "seeds=[0,1,2]"))
    assert table["seeds"] == 3
    assert table["papers"]["drrnet"]["claims"][0]["verdicts"]["right"]["direction confirmed"] < 0.5


def test_an_unknown_paper_is_one_line():
    with pytest.raises(Exception, match="unknown paper 'drnet'"):
        call("drnet")
