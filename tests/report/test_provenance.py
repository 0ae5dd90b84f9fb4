"""What results say of how they came about, typed; what a report keeps of them."""

from __future__ import annotations

import csv
import io

import pytest
from projects.paper import FACTS

from bench.records.provenance import Cost, Data
from bench.report.provenance import looks_of
from bench.report.reading import slim
from bench.report.rows import FACTS as COLUMNS
from bench.report.rows import table_csv
from bench.report.table import table_view


def test_a_csv_row_is_self_contained(paper, scale, reported, make_results) -> None:
    results = make_results({"ours": (76.0, "diverged"), "baseline": (70.0,)})
    view = table_view(paper, paper.tables["table2"], results, reported, scale, [0])
    rows = list(csv.DictReader(io.StringIO(table_csv([view]))))
    assert [name for name in rows[0] if name in COLUMNS] == list(COLUMNS)
    for row in (row for row in rows if row["row"] == "seed" and row["status"] != "missing"):
        facts = (row["data_digest"], row["torch"], row["recipe_version"], row["commit"], row["fingerprint_config"])
        assert facts == ("0123456789abcdef", "2.12.0", "1", "cccc", "aaaa")


@pytest.mark.parametrize(
    "facts",
    [{"data": None, "config": [], "cost": "free"}, {"data": {"classes": "ab"}}, {"fingerprint": None, "git": {"dirty": None}}],
)
def test_what_a_record_does_not_say_is_unknown(make_results, facts) -> None:
    (result,) = make_results({"ours": (76.0,)}, facts=facts)
    found = result.provenance
    assert found is not None and found.cost == Cost() and found.code.commit == "" and found.versions == ()
    assert found.data in (Data(), Data(classes="ab")) and found.recipe.version is None


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({}, "Own methods, families and margins are those of the paper's file in commit abc, recorded with each training."),
        ({"commit": ""}, "Own methods, families and margins are as recorded with each training."),
        ({"margin": 1.0}, "The margin of Ships was 1 pp when some of these results were made."),
        ({"margin": None}, "The margin of Ships was none when some of these results were made."),
        ({"own": ["close"]}, "The paper's own methods were others when some of these results were made."),
        (None, "Own methods and margins are today's: these results are older than the record of them."),
    ],
)
def test_the_caption_says_what_was_fixed_before(paper, scale, reported, make_results, claims, said) -> None:
    fixed = {"own": [], "margin": 5.0, "looks": 1, "commit": "abc"}
    facts = FACTS if claims is None else {**FACTS, "claims": {**fixed, **claims}}
    results = make_results({"ours": (76.0, 77.0), "baseline": (70.0, 71.0)}, facts=facts)
    assert dict(table_view(paper, paper.tables["table2"], results, reported, scale, [0, 1]).caption)["Fixed before"] == said


def test_results_of_more_looks_are_tested_at_theirs(paper, scale, reported, make_results) -> None:
    claims = {"own": [], "margin": 5.0, "looks": 2, "commit": "abc"}
    results = make_results({"ours": (60.0, 75.0, 90.0), "baseline": (50.0, 65.0, 80.0)}, facts={**FACTS, "claims": claims})
    said = "These results are looked at 2 times as seeds are added, so every test is made at 0.025."
    assert said in table_view(paper, paper.tables["table2"], results, reported, scale, [0, 1, 2]).sentences
    assert looks_of(results, 3) == 3 and looks_of([]) == 1


def test_a_run_without_a_record_has_none(make_results) -> None:
    (result,) = make_results({"ours": (76.0,)})
    object.__setattr__(result, "facts", {})
    assert result.provenance is None


def test_seeds_of_a_cell_share_what_is_alike(make_results) -> None:
    results = make_results({"ours": (76.0, 77.0, 78.0)})
    for seed, result in enumerate(results):
        config = {**FACTS["config"], "run": result.run.id, "seed": seed}
        object.__setattr__(result, "facts", {**FACTS, "config": config, "sources": {"bench/x.py": "0" * 16}})
        result.curve["loss"] = [1.0, 0.5, 0.1]
    kept = list(slim(results, ["accuracy"]))
    assert len({id(result.facts["config"]) for result in kept}) == len({id(result.facts["data"]) for result in kept}) == 1
    assert list(kept[0].curve) == ["test_accuracy"] and list(kept[0].curve["test_accuracy"]) == [56.0, 71.0, 76.0]
    assert "sources" not in kept[0].facts and [one.provenance for one in kept] == [one.provenance for one in results]
