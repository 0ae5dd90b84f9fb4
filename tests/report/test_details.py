"""Curves are thinned, commands can be run, configs are shared, costs are means of what finished."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from projects.paper import FACTS, results_of

from bench.plan import parse_run
from bench.plan.pages import Page
from bench.report.commands import cell_command, page_command
from bench.report.details import CURVE_POINTS, detail_of, setup_of
from bench.report.provenance import config_of, costs_of, provenances


def test_a_long_curve_keeps_its_ends() -> None:
    (result,) = results_of({"ours": (70.0,)})
    detail = detail_of([replace(result, curve={"test_accuracy": [float(n) for n in range(300)]})], "accuracy", False)
    assert len(detail.epochs) == CURVE_POINTS == len(detail.curves[0])
    assert (detail.epochs[0], detail.epochs[-1]) == (1, 300) and detail.curves[0][-1] == 299.0


def test_a_diverged_run_s_curve_ends_early() -> None:
    results = results_of({"ours": (70.0, "diverged")})
    results[1] = replace(results[1], curve={"test_accuracy": [40.0]})
    detail = detail_of(results, "accuracy", False)
    assert detail.epochs == (1, 2, 3) and list(detail.curves[1]) == [40.0]


@pytest.mark.parametrize(
    ("metric", "label"),
    [
        ("balanced_accuracy", "Test balanced accuracy per epoch"),
        ("miou", "Test mean intersection over union per epoch"),
        ("box_ap_small", "Test APs per epoch"),
    ],
)
def test_another_metric_s_curve_is_not_taken(metric: str, label: str) -> None:
    detail = detail_of(results_of({"ours": (70.0,)}), metric, False)
    assert (detail.curve_label, detail.epochs, detail.no_curve) == (label, (), "The record holds no curve of it.")


def test_commands() -> None:
    runs = [result.run for result in results_of({"ours": (1.0, 2.0)})]
    words = shlex.split(cell_command(runs, stand_in=True))
    assert words == [
        "snakemake",
        "--cores",
        "all",
        "results/runs/paper/small/ships/tiny/ours/seed{0,1}.json",
        "--config",
        "scale=paper",
    ]
    assert parse_run(words[3].replace("{0,1}", "1")) == runs[1]
    far = cell_command([replace(runs[0], seed=7)], stand_in=False)
    assert far.endswith("seed7.json --config scale=paper 'seeds=[7]' data_dir=/data")


def test_the_table_s_command_has_its_seeds() -> None:
    line = page_command(Page("paper", "small", "table2"), ".html", stand_in=True, seeds=[0, 1])
    assert line == "snakemake --cores all reports/paper/small/table2.html --config scale=paper 'seeds=[0,1]'"


def test_a_config_is_shown_once_and_other_ones_are_named() -> None:
    results = results_of({"ours": (1.0, 2.0, 3.0)})
    for seed, result in enumerate(results):
        results[seed] = replace(result, facts={**FACTS, "config": {**FACTS["config"], "seed": seed, "run": result.run.id}})
    text = config_of(results)
    assert "seed" not in text and "lr: 0.001" in text
    other = {**results[2].facts, "config": {**results[2].facts["config"], "precision": "bf16"}}
    assert config_of([*results[:2], replace(results[2], facts=other)]).startswith("# of seed 0; another config: seed 2\n")


def test_the_seed_of_a_teacher_makes_no_other_config() -> None:
    results = results_of({"ours": (1.0, 2.0)})
    for seed, result in enumerate(results):
        config = {**FACTS["config"], "teachers": {"offline": f"paper/small/ships/tiny/baseline/seed{seed}"}}
        results[seed] = replace(result, facts={**FACTS, "config": config})
    assert config_of(results).endswith("teachers: {offline: paper/small/ships/tiny/baseline}\n")


def test_what_a_cell_says_of_its_setting() -> None:
    lines = dict(setup_of(provenances(results_of({"ours": (1.0, 2.0)}))))
    assert lines["Data"] == "ships, 60 training and 30 test images, digest 0123456789ab"
    assert lines["Model"] == "1,234 parameters"
    assert lines["Time"] == "2.0 s per run, 90 images per second"
    assert lines["Hardware"] == "processor, 1 thread, fp32, 100 MiB at most"
    assert lines["Source"] == "fresh, commit cccc, fingerprint of the config aaaa, fingerprint of the code bbbb"
    assert setup_of([]) == () and config_of([]) == ""


def test_costs_are_of_finished_runs() -> None:
    slow = {**FACTS, "cost": {"train_seconds": 4.0, "relative_cost": 2.0}}
    results = results_of({"ours": (1.0,)}) + results_of({"close": (2.0,)}, facts=slow) + results_of({"ours": ("diverged",)})
    assert costs_of(results) == {"train_seconds": 3.0, "relative_cost": 2.0, "parameters": 1234.0}


@pytest.mark.parametrize(("options", "split"), [({}, "ship"), ({"split": "balanced"}, "balanced")])
def test_the_split_of_a_set_that_has_several_is_named(options, split) -> None:
    (result,) = results_of({"ours": (1.0,)})
    config = {**FACTS["config"], "data": {"name": "opensarship", "options": options}}
    (found,) = provenances([replace(result, facts={**FACTS, "config": config})])
    assert found.data.images == f"60 training and 30 test images (split '{split}')"
