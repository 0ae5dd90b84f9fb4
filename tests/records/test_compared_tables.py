"""Which columns a new method is compared in, and what is refused: every line says why."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bench.plan import BenchError, Plan
from bench.records.comparison import compared_tables, incomparable, notes_on, refuse_other_data, runs_of
from bench.records.record import fresh_results
from bench.records.rows import read_rows, write_rows


def refusal(call):
    with pytest.raises(BenchError) as fault:
        call()
    assert "\n" not in str(fault.value)
    return str(fault.value)


def only(compared, **more):
    (found,) = compared_tables(compared.compared(**more))
    return found


def edit_stored(compared, edit):
    write_rows(compared.stored, [edit(result) for result in read_rows(compared.stored, "stored")])


def with_fact(result, part, key, value):
    return replace(result, facts={**result.facts, part: {**result.facts[part], key: value}})


def test_columns_with_stored_results_and_no_other(compared):
    found = only(compared)
    assert [found.heading(column) for column in found.columns] == ["OpenSARShip ResNet-18", "OpenSARShip VGG-11"]
    write_rows(compared.stored, [r for r in read_rows(compared.stored, "stored") if r.run.cell.backbone == "resnet18"])
    found = only(compared)
    assert [found.heading(column) for column in found.columns] == ["OpenSARShip ResNet-18"]
    assert found.left_out == ("OpenSARShip VGG-11",) and {r.run.cell.backbone for r in found.stored} == {"resnet18"}


def test_only_the_new_methods_runs_are_asked_for(compared):
    plan = compared.compared()
    runs = runs_of(plan, compared_tables(plan), "mine")
    assert {run.cell.variant for run in runs} == {"mine"} and len(runs) == 6
    assert plan.with_teachers(runs) == runs


def test_a_teacher_is_the_baseline_unless_another_variant_is_named(compared):
    text = Path("mine.py").read_text().replace('label = "Mine"', 'label = "Mine"\n    teacher_roles = ("offline",)')
    Path("mine.py").write_text(text)
    plan = compared.compared()
    run = runs_of(plan, compared_tables(plan), "mine")[0]
    assert plan.teachers(run)["offline"].cell.variant == "baseline"
    plan = compared.compared(new_method_teachers={"offline": "dlb"})
    assert plan.teachers(run)["offline"].cell.variant == "dlb"
    wrong = compared.compared(new_method_teachers={"offline": "joy"})
    assert "has no variant 'joy'" in refusal(lambda: compared_tables(wrong))
    assert "has no teacher 'online'" in refusal(
        lambda: compared_tables(compared.compared(new_method_teachers={"online": "dlb"}))
    )


def test_hyperparameters_of_the_command_line_are_numbers(compared):
    """The workflow hands them over as text."""
    plan = compared.compared(new_method_params={"weight": "0.25", "form": "soft"})
    run = runs_of(plan, compared_tables(plan), "mine")[0]
    assert plan.resolve(run)["method"]["params"] == {"weight": 0.25, "form": "soft"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"new_method": "none.py"}, "'none.py': no such"),
        ({"new_method": "mine.txt"}, "a .py file with a method or a .csv file of numbers is expected"),
        ({"new_method": "no way.csv"}, "its name may hold letters"),
        ({"compare": ["drrnet/table9"]}, "has no table or figure 'table9'"),
        ({"compare": ["drrnet/figure3"]}, "drrnet/figure3 is a figure; a new method cannot be compared there"),
        ({"scale": "paper"}, "nothing is stored at scale 'paper'"),
        ({"scale": "paper", "compare": ["drrnet/table2"]}, "nothing is stored of drrnet/table2 at scale 'paper'"),
    ],
)
def test_what_cannot_be_compared_is_told(compared, more, words):
    Path("mine.txt").write_text("")
    Path("no way.csv").write_text("")
    from bench.plan.comparison import name_of

    def call():
        plan = compared.compared(**more)
        name_of(plan.settings)
        compared_tables(plan)

    assert words in refusal(call)


def test_a_name_that_the_paper_has_is_refused(compared):
    shutil.copy("mine.py", "dlb-w0.3.py")
    assert "has a variant 'dlb-w0.3' already; rename the file" in refusal(
        lambda: compared_tables(compared.compared(new_method="dlb-w0.3.py"))
    )


def test_a_table_without_one_baseline_row_is_refused(compared):
    rows = [{"backbone": name, "variant": "baseline"} for name in ("resnet18", "vgg11_bn")]
    block = {"columns": {"dataset": ["opensarship"]}, "rows": rows}
    compared.content["tables"]["table2"]["blocks"] = [block]
    compared.write_paper(compared.content)
    words = refusal(lambda: compared_tables(compared.compared(compare=["drrnet/table2"])))
    assert "no columns in which every row is a method beside one baseline" in words


def test_another_recipe_than_the_stored_one_is_refused(compared):
    compared.content["recipes"]["opensarship"]["normalise"] = {"mean": [0.4], "std": [0.5]}
    compared.write_paper(compared.content)
    words = refusal(lambda: compared_tables(compared.compared()))
    assert "demo/drrnet.csv was trained otherwise" in words and "normalise" in words


def test_another_budget_than_the_stored_one_is_refused(compared):
    scale = yaml.safe_load((compared.compared().settings.scales / "demo.yaml").read_text())
    scale["recipe"]["epochs"] += 1
    Path("scales").mkdir()
    Path("scales/demo.yaml").write_text(yaml.safe_dump(scale))
    assert "recipe.epochs is" in refusal(lambda: compared_tables(compared.compared(scales_dir="scales")))


def test_another_recipe_version_or_precision_is_refused(compared):
    assert "precision is auto, now fp32" in refusal(lambda: compared_tables(compared.compared(precision="fp32")))
    compared.content["recipe_version"] = 2
    compared.write_paper(compared.content)
    assert "recipe version 1, the paper's is 2 now" in refusal(lambda: compared_tables(compared.compared()))


def test_a_variant_with_a_budget_of_its_own_is_incomparable(compared):
    """Twice the epochs is another recipe than the new method's: that row is shown and not compared."""
    compared.content["tables"]["table2"]["blocks"][0]["rows"] = {"variant": ["baseline", "baseline-2x-epochs"]}
    compared.write_paper(compared.content)
    plan = compared.compared()
    reasons = incomparable(plan, only(compared), "mine")
    assert {cell.variant for cell in reasons} == {"baseline-2x-epochs"}
    assert all(re.match(r"recipe.epochs is (8, now 4|12, now 6)\b", reason) for reason in reasons.values()), reasons


def test_other_data_are_refused_before_and_after_the_training(compared):
    plan = compared.compared()
    refuse_other_data(plan, compared_tables(plan), "mine")  # nothing is prepared yet, so nothing is known
    runs = compared.record_new(plan, data={**_data(compared), "digest": "1" * 64})
    words = refusal(lambda: refuse_other_data(plan, compared_tables(plan), "mine", list(fresh_results(runs))))
    assert "other data" in words and "000000000000" in words and "111111111111" in words
    key = plan.resolve(runs[0])["data"]["key"]
    folder = Path("results/data") / key
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"digest": "2" * 64}))
    assert "222222222222" in refusal(lambda: refuse_other_data(plan, compared_tables(plan), "mine"))
    (folder / "manifest.json").write_text("{")
    refuse_other_data(plan, compared_tables(plan), "mine")


def test_what_differs_without_a_reason_to_refuse_is_noted(compared):
    plan = compared.compared()
    runs = compared.record_new(
        plan, precision="bf16", hardware={"cpu": "Another CPU", "cpu_flags": [], "gpu": "", "threads": 1}
    )
    results = list(fresh_results(runs))
    notes = " ".join(notes_on(plan, only(compared), results))
    assert "Another precision: bf16 here, fp32 there." in notes
    assert "Another hardware: Another CPU here, A CPU there." in notes
    assert "edited" not in notes and "torch" not in notes
    edit_stored(compared, lambda result: with_fact(result, "fingerprint", "code", "f" * 16))
    notes = notes_on(Plan(plan.settings), only(compared), results)
    assert notes[0].startswith("The code behind 12 of 12 stored results has been edited")


def _data(compared):
    return dict(read_rows(compared.stored, "stored")[0].facts["data"])
