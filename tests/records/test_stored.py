"""Stored results: what goes in unchanged, what must be chosen, and what is refused in one line."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.plan import BenchError, Cell, Plan
from bench.records.asked import named_runs
from bench.records.files import read_json, write_json
from bench.records.hits import Hits
from bench.records.result import Result
from bench.records.rows import columns_of, read_rows, result_from, row_of, rows_text
from bench.records.stored import add, beside_file, check_file, merge, read_beside, read_stored
from bench.records.stored_faults import difference, missing_seeds, mixtures, score_faults


def refusal(recorded, words=(), **options):
    before = recorded.stored.read_bytes() if recorded.stored.exists() else None
    with pytest.raises(BenchError) as fault:
        add(recorded.plan, named_runs(recorded.plan, words), **options)
    assert "\n" not in str(fault.value)
    assert (recorded.stored.read_bytes() if recorded.stored.exists() else None) == before
    return str(fault.value)


def store(recorded, words=(), **options):
    (done,) = add(recorded.plan, named_runs(recorded.plan, words), **options)
    return done


def edit_rows(recorded, edit):
    results = read_rows(recorded.stored, "stored")
    recorded.stored.write_text(rows_text([result_from({**row_of(item), **edit(item)}, "stored") for item in results]))


def problems(recorded):
    return check_file(recorded.plan, recorded.stored)[1]


@pytest.fixture
def filled(recorded):
    recorded.record_all()
    store(recorded)
    return recorded


def test_records_go_in_sorted_and_are_read_back_as_stored(recorded):
    recorded.record_all()
    done = store(recorded, ["drrnet/table2"])
    assert (len(done.added), len(done.replaced), len(done.kept)) == (8, 0, 0)
    results = read_stored(recorded.stored)
    assert [item.run for item in results] == sorted(recorded.runs())
    assert {item.source for item in results} == {"stored"}
    assert problems(recorded) == []


def test_a_second_time_nothing_changes(filled):
    before = filled.stored.stat()
    done = store(filled)
    assert (len(done.added), len(done.kept)) == (0, 8)
    after = filled.stored.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("order", [1, -1])
def test_the_file_does_not_depend_on_the_order_of_additions(recorded, order):
    recorded.record_all()
    for cell in list(dict.fromkeys(run.cell for run in recorded.runs()))[::order]:
        store(recorded, [cell.id])
    assert recorded.stored.read_text() == rows_text(read_stored(recorded.stored))
    assert len(read_stored(recorded.stored)) == 8


def test_a_second_result_for_a_run_must_be_chosen(filled):
    run = filled.runs()[0]
    filled.record(run, accuracy=65.0)
    words = refusal(filled)
    assert f"{run.id} (accuracy)" in words and "--replace" in words
    done = store(filled, replacing=True)
    assert done.replaced == (run,)
    assert next(item for item in read_stored(filled.stored) if item.run == run).metric("accuracy") == 65.0
    assert len(read_stored(filled.stored)) == 8


def test_a_missing_seed_is_named_and_partial_takes_the_rest(recorded):
    recorded.record_all()
    run = recorded.runs()[-1]
    (recorded.folder / run.record).unlink()
    assert f"{run.cell.id} (1)" in refusal(recorded)
    done = store(recorded, partial=True)
    assert len(done.added) == 7
    assert check_file(recorded.plan, recorded.stored)[1:] == ([], [f"seeds are missing of {run.cell.id} (1)"])
    recorded.record(run)
    assert store(recorded, [run.id]).added == (run,)
    assert problems(recorded) == []


def test_nothing_recorded_is_refused_with_partial_too(recorded):
    assert "no" in refusal(recorded, partial=True)


def test_a_stale_recipe_config_or_teacher_is_named(recorded):
    recorded.record_all()
    content = recorded.content
    recorded.write_paper({**content, "recipe_version": 7})
    assert "recipe version 1, the paper's is 7 now" in refusal(recorded)
    content["variants"]["baseline"]["recipe"] = {"batch_size": 77}
    recorded.write_paper(content)
    baseline, student = recorded.runs("resnet18", "baseline")[0], recorded.runs("resnet18", "tfkd")[0]
    assert re.search(r"recipe.batch_size is \d+, now 77", refusal(recorded, [baseline.id]))
    assert "its teacher has changed" in refusal(recorded, [student.id])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fingerprint": {"config": "f" * 16, "code": "0" * 16}}, "its config is not the plan's"),
        ({"metrics": {}}, "without its accuracy"),
        ({"status": "failed", "reason": "no memory"}, "is 'failed'"),
    ],
)
def test_a_record_that_is_no_result_of_the_plan_is_refused(recorded, change, words):
    recorded.record_all()
    recorded.record(recorded.runs()[0], **change)
    assert words in refusal(recorded)


def test_a_record_against_the_schema_is_refused(recorded):
    recorded.record_all()
    path = recorded.folder / recorded.runs()[0].record
    write_json(path, {**read_json(path), "metrics": {"accuracy": 161.0}})
    assert "accuracy" in refusal(recorded)


def test_a_run_that_diverged_is_a_result(recorded):
    recorded.record_all()
    recorded.record(recorded.runs()[0], status="diverged", reason="the loss is nan", metrics={})
    assert len(store(recorded).added) == 8
    assert problems(recorded) == []


def test_a_column_of_mixed_data_is_refused(recorded):
    recorded.record_all()
    run = recorded.runs("vgg11_bn", "tfkd")[0]
    data = {**read_json(recorded.folder / run.record)["data"], "digest": "1" * 64}
    recorded.record(run, data=data)
    words = refusal(recorded)
    assert "column vgg11_bn" in words and "data digest 000000000000" in words


def test_a_column_of_two_precisions_is_refused(recorded):
    recorded.record_all()
    recorded.record(recorded.runs("vgg11_bn", "tfkd")[0], precision="bf16")
    assert "precision fp32 in" in refusal(recorded)


def test_another_precision_lies_beside_the_stored_one(filled):
    run = filled.runs("resnet18", "baseline")[0]
    assert "stored in fp32 too; add it without --beside" in refusal(filled, [run.id], beside=True)
    plan = filled.plan.in_precision("bf16")
    filled.record_as(plan, run, 61.0, precision="bf16")
    (done,) = add(plan, [run], partial=True, beside=True)
    assert done.file == beside_file(filled.stored) and done.added == (run,)
    (result,) = read_beside(filled.stored)
    assert (result.source, result.facts["precision"], result.metric("accuracy")) == ("beside", "bf16", 61.0)
    assert problems(filled) == [] and check_file(filled.plan, done.file)[1] == []


def test_nothing_lies_beside_what_is_not_stored(recorded):
    run = recorded.runs()[0]
    recorded.record(run)
    assert "nothing of its cell is stored" in refusal(recorded, [run.id], partial=True, beside=True)


def test_a_stored_file_of_another_precision_than_the_settings_is_as_planned(recorded):
    plan = recorded.plan.in_precision("bf16")
    for run in recorded.runs():
        recorded.record_as(plan, run, 60.0, precision="bf16")
    add(plan, recorded.runs())
    assert problems(recorded) == []


def test_what_was_fixed_before_is_stored_and_read_back(recorded):
    claims = {"own": ["dlb"], "margin": 1.5, "looks": 1, "commit": "0123abc"}
    first, *others = recorded.runs()
    recorded.record(first, claims=claims)
    for run in others:
        recorded.record(run)
    store(recorded)
    assert [item.facts.get("claims") for item in read_stored(recorded.stored)] == [claims, *[None] * len(others)]
    assert problems(recorded) == []


@pytest.mark.parametrize(
    "word",
    [
        "drrnet/table9",
        "demo/drrnet/opensarship/resnet18/dlb",
        "demo/drrnet/opensarship/resnet18/dlb/seed0",
        "demo/drrnet/moon/resnet18/baseline",
        "paper/drrnet/opensarship/resnet18/baseline/seed0",
        "demo/nopaper/opensarship/resnet18/baseline/seed0",
        "demo/drrnet/../resnet18/baseline/seed0",
    ],
)
def test_what_the_plan_does_not_know_is_refused(recorded, word):
    refusal(recorded, [word])


def test_a_target_a_cell_and_a_run_name_each_run_once(recorded):
    run = recorded.runs()[0]
    assert named_runs(recorded.plan, ["table2", run.cell.id, run.id, str(run.record)]) == recorded.runs()
    assert named_runs(recorded.plan, [run.id]) == [run]
    assert named_runs(recorded.plan, []) == recorded.runs()


def test_check_tells_a_changed_plan_of_every_row(filled):
    filled.content["recipe_version"] = 3
    filled.write_paper(filled.content)
    found = problems(filled)
    assert len(found) == 8
    assert all("recipe version 1, the paper's is 3 now" in line for line in found)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda item: {"accuracy": "161.0"}, "161.0"),
        (lambda item: {"accuracy": "NaN"}, "without its accuracy"),
        (lambda item: {"data_digest": ""}, "digest"),
        (lambda item: {"data_digest": str(item.run.seed) * 64}, "data digest"),
        (lambda item: {"run": item.run.id.replace("tfkd", "dlb")}, "no table or figure"),
        (lambda item: {"run": item.run.id.replace("demo", "quick")}, "belongs into quick/drrnet.csv"),
        (lambda item: {"config": row_of(item)["config"].replace('"batch_size": ', '"batch_size": 1')}, "recipe.batch_size"),
    ],
)
def test_check_finds_edited_rows(filled, edit, words):
    edit_rows(filled, edit)
    found = problems(filled)
    assert any(words in line for line in found)
    assert not any("\n" in line for line in found)


def edit_scores(recorded, run, **scores):
    edit_rows(recorded, lambda item: scores if item.run == run else {})
    return 2 + sorted(recorded.runs()).index(run)


@pytest.mark.parametrize("number", [0, 5])
def test_a_fraction_among_percentages_is_refused_with_its_line(filled, number):
    run = sorted(filled.runs())[number]
    usual = {result.run: result for result in read_stored(filled.stored)}[run].metric("accuracy")
    line = edit_scores(filled, run, accuracy=repr(usual / 100))
    (found,) = problems(filled)
    assert f"line {line}: {run.id}: accuracy is" in found and "percentages are expected" in found
    with pytest.raises(BenchError, match=f"drrnet.csv, line {line}: "):
        read_stored(filled.stored)


@pytest.mark.parametrize("value", ["150.0", "-3.0"])
def test_what_is_no_percentage_is_refused_with_its_line(filled, value):
    run = sorted(filled.runs())[3]
    line = edit_scores(filled, run, accuracy=value)
    with pytest.raises(BenchError, match=f"drrnet.csv, line {line}: .* which is no percentage"):
        read_stored(filled.stored)


def test_a_network_that_learnt_nothing_is_no_fraction():
    cell = Cell("quick", "a", "tinyimagenet", "b", "c")
    data = {"test": 10_000, "classes": [str(number) for number in range(200)]}
    results = [
        Result(cell.run(seed), "finished", {"accuracy": value, "box_ap": 0.3}, {}, {"data": data, "config": {}})
        for seed, value in enumerate((60.0, 0.5, 61.0))
    ]
    assert score_faults(results, Path("none.csv")) == {}


def test_check_finds_a_run_stored_twice_and_lines_out_of_order(filled):
    header, *lines = filled.stored.read_text().splitlines()
    filled.stored.write_text("\n".join([header, *lines[::-1]]) + "\n")
    assert "another order" in problems(filled)[0]
    filled.stored.write_text("\n".join([header, lines[0], *lines]) + "\n")
    assert problems(filled) == [f"{lines[0].split(',')[0]}: stored twice"]
    assert "two results for" in refusal(filled)


def test_check_of_what_is_no_stored_file_is_one_line(filled):
    filled.stored.write_text("run\n1\n")
    assert len(problems(filled)) == 1
    unknown = filled.folder / "stored" / "moon" / "drrnet.csv"
    unknown.parent.mkdir()
    unknown.write_text(",".join(columns_of(["classification"])) + "\n")
    assert "unknown scale 'moon'" in check_file(Plan(replace(filled.settings, scale="moon")), unknown)[1][0]


def test_merging_is_pure(filled):
    results = read_stored(filled.stored)
    other = replace(results[0], metrics={"accuracy": 1.0})
    assert merge(results[1:], results[:1]).results == tuple(results)
    assert merge(results, [other], replacing=True).results[0] == other
    assert results[0].metrics != other.metrics


def test_differences_mixtures_and_missing_seeds_of_values(filled):
    results = read_stored(filled.stored)
    assert difference({"a": {"b": 1, "more": 2}}, {"a": {"b": 1}}) == ""
    assert difference({"a": {"b": 1}}, {"a": {"b": 2}}) == "a.b is 1, now 2"
    assert mixtures(results) == []
    assert missing_seeds(results, [results[0].run.cell], [0, 1, 5]) == {results[0].run.cell: [5]}


def with_hits(recorded, run, right):
    flags = [index < right for index in range(180)]
    accuracy = 100.0 * right / 180
    recorded.record(run, metrics={"accuracy": accuracy}, hits=Hits.of(flags, "0" * 64).fields())
    return flags


def test_hits_are_stored_beside_the_rows_and_read_back(recorded):
    recorded.record_all()
    run = recorded.runs()[0]
    flags = with_hits(recorded, run, 110)
    store(recorded)
    assert (recorded.stored.parent / "hits" / "drrnet.csv").exists()
    found = {item.run: item.hits for item in read_stored(recorded.stored)}
    assert found[run].right().tolist() == flags
    assert [item for item, hits in found.items() if hits] == [run]
    assert problems(recorded) == []
    assert store(recorded).added == ()


@pytest.mark.parametrize("damage", [lambda t: t.replace(",180,", ",179,"), lambda t: t.replace("seed0", "seed7")])
def test_damaged_hits_are_found(recorded, damage):
    recorded.record_all()
    with_hits(recorded, recorded.runs()[0], 110)
    store(recorded)
    path = recorded.stored.parent / "hits" / "drrnet.csv"
    path.write_text(damage(path.read_text()))
    assert problems(recorded) != []


def test_hits_that_contradict_the_accuracy_are_refused(recorded):
    recorded.record_all()
    run = recorded.runs()[0]
    hits = Hits.of([True] * 90 + [False] * 90, "0" * 64).fields()
    recorded.record(run, metrics={"accuracy": 60.0}, hits=hits)
    assert "its hits give an accuracy of 50.0000" in refusal(recorded)


def test_the_rounding_of_older_scores_is_no_second_result(recorded):
    recorded.record_all()
    run = recorded.runs()[0]
    recorded.record(run, metrics={"accuracy": 60.975611209869385})
    store(recorded)
    recorded.record(run, metrics={"accuracy": 100.0 * 25 / 41})
    assert store(recorded).replaced == ()


def test_a_finished_row_without_a_number_is_no_missing_run(filled):
    edit_rows(filled, lambda item: {"accuracy": "NaN"} if item.run == filled.runs()[0] else {})
    with pytest.raises(BenchError, match="finished without its accuracy"):
        read_stored(filled.stored)
