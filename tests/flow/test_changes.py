"""What a change of code, recipes or the table changes in the params of jobs, and what it does not: that is what runs again.

That Snakemake runs a job again whose params have changed, and no other, is in tests/workflow.test_changes.py.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from bench.flow.inputs import Flow
from bench.plan import JobBatch
from bench.plan.catalogue import ROOT
from bench.records.stale import code_of

PLACE = {"scale": "demo", "paper": "drrnet", "dataset": "opensarship", "backbone": "resnet18"}
BATCH = JobBatch((0, 1))
TFKD, LOOP = "bench/methods/tfkd.py", "bench/train/loop.py"
BEHIND = "code behind the table"


def params(config, variants=("baseline", "tfkd")):
    """What Snakemake compares of the jobs that train these variants, and what a page's sources say of the code behind it."""
    flow = Flow(config)
    jobs = {name: flow.fingerprints(BATCH, {**PLACE, "variant": name}) for name in variants}
    return {**jobs, BEHIND: code_of(flow.plan, flow.plan.cells_of("drrnet", "table2"))}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


# --- recipes and tables ---


def scale_of(recorded, **recipe):
    scale = yaml.safe_load((ROOT / "config" / "scales" / "demo.yaml").read_text())
    scale["recipe"].update(recipe)
    Path("scales").mkdir(exist_ok=True)
    Path("scales/demo.yaml").write_text(yaml.safe_dump(scale))
    return {**recorded.assignments, "scales_dir": "scales"}


def test_a_hyper_parameter_re_runs_its_variant_alone(recorded):
    before = params(recorded.assignments)
    recorded.content["variants"]["tfkd"]["params"]["weight"] = 0.4
    recorded.write_paper(recorded.content)
    assert changed(before, params(recorded.assignments)) == {"tfkd"}


def test_a_hyper_parameter_of_a_teacher_re_runs_its_students(recorded):
    before = params(recorded.assignments)
    recorded.content["variants"]["baseline"]["recipe"] = {"epochs_multiple": 2}
    recorded.write_paper(recorded.content)
    assert changed(before, params(recorded.assignments)) == {"baseline", "tfkd"}


def test_a_recipe_s_change_re_runs_students_and_teachers(recorded):
    before = params(scale_of(recorded))
    assert changed(before, params(scale_of(recorded, epochs=2))) == {"baseline", "tfkd"}


def test_labels_and_notes_train_nothing(recorded):
    before = params(recorded.assignments)
    recorded.content["variants"]["tfkd"]["label"] = "Another name"
    recorded.content["tables"]["table2"]["note"] = "A note."
    recorded.write_paper(recorded.content)
    assert changed(before, params(recorded.assignments)) == set()


def test_a_new_seed_trains_that_seed_alone(recorded):
    before = params(recorded.assignments)
    config = {**scale_of(recorded), "seeds": [0, 1, 2]}
    scale = yaml.safe_load(Path("scales/demo.yaml").read_text())
    Path("scales/demo.yaml").write_text(yaml.safe_dump({**scale, "seeds_per_job": 2, "together": [], "seeds": {}}))
    flow = Flow(config)
    assert flow.batches == [BATCH, JobBatch((2,))]
    assert changed(before, params(config)) == set()
    assert len(flow.records("drrnet", "table2")) == 12


def test_a_new_variant_trains_its_cells_alone(recorded):
    before, records = params(recorded.assignments), Flow(recorded.assignments).records("drrnet", "table2")
    recorded.content["tables"]["table2"]["blocks"][0]["rows"]["variant"].append("lsr")
    recorded.write_paper(recorded.content)
    assert changed(before, params(recorded.assignments)) == {BEHIND}  # the table is another one as well
    added = set(Flow(recorded.assignments).records("drrnet", "table2")) - set(records)
    assert len(added) == 4 and all("/lsr/" in path for path in added)


# --- code ---


def rewrite(path, pattern, replacement):
    text = path.read_text()
    edited = re.sub(pattern, replacement, text, count=1)
    assert edited != text
    path.write_text(edited)


IDLE = {
    "a comment": lambda code: rewrite(code / TFKD, r"\n\nfrom", "\n\n# Why not.\nfrom"),
    "a docstring": lambda code: rewrite(code / TFKD, r'"""', '"""Once more: '),
    "a touched file": lambda code: os.utime(code / TFKD),
    "a new method": lambda code: shutil.copy(code / "bench/methods/lsr.py", code / "bench/methods/brand_new.py"),
    "a method that nobody uses": lambda code: rewrite(
        code / "bench/methods/dlb.py", r"temperature: float = \d", "temperature: float = 9"
    ),
}
EDITS = {
    "a default": lambda code: rewrite(code / TFKD, r"temperature: float = \d", "temperature: float = 9"),
    "the loop": lambda code: (code / LOOP).write_text((code / LOOP).read_text() + "\nADDED = 1\n"),
}
ASK = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from flow.test_changes import params
print(json.dumps([params({**json.loads(sys.argv[3]), "rerun_on_code_change": rule}) for rule in ("warn", "no", "yes")]))
"""


@pytest.fixture
def code(tmp_path):
    """A copy of the suite, to be edited."""
    for name in ("bench", "workflow", "config"):
        shutil.copytree(ROOT / name, tmp_path / "suite" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "suite"


def each_rule(code, recorded):
    """The params under ``warn``, ``no`` and ``yes``, by the copy of the suite, in a process of its own."""
    words = [sys.executable, "-c", ASK, str(code), str(ROOT / "tests"), json.dumps(recorded.assignments)]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_edits_of_code_re_run_what_the_settings_say(recorded, code):
    before = each_rule(code, recorded)
    for edit in IDLE.values():
        edit(code)
    assert each_rule(code, recorded) == before
    EDITS["a default"](code)
    assert [changed(*pair) for pair in zip(before, each_rule(code, recorded), strict=True)] == [{BEHIND}, set(), {"tfkd"}]
    EDITS["the loop"](code)
    everything = {"baseline", "tfkd"}
    assert [changed(*pair) for pair in zip(before, each_rule(code, recorded), strict=True)] == [{BEHIND}, set(), everything]
