"""The trigger matrix: what a change re-runs, by dry runs of the small project; nothing that could not differ."""

import os
import re
import shutil

import pytest
from projects.workflow import Project, copied

TARGETS = ("reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg")
TRAIN = "train_seed0_1"
RENDER = {"figure": 1, "table": 1}
EVERYTHING = {TRAIN: 2, **RENDER}
TFKD, LOOP = "bench/methods/tfkd.py", "bench/train/loop.py"


def rewrite(path, pattern, replacement):
    text = path.read_text()
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text
    path.write_text(changed)


CODE = {
    "a comment": lambda code: rewrite(code / TFKD, r"\n\nfrom", "\n\n# Why not.\nfrom"),
    "a docstring": lambda code: rewrite(code / TFKD, r'"""', '"""Once more: '),
    "a touched file": lambda code: os.utime(code / TFKD),
    "a new method": lambda code: shutil.copy(code / "bench/methods/lsr.py", code / "bench/methods/brand_new.py"),
    "a method that nobody uses": lambda code: rewrite(
        code / "bench/methods/dlb.py", r"temperature: float = \d", "temperature: float = 9"
    ),
    "a default": lambda code: rewrite(code / TFKD, r"temperature: float = \d", "temperature: float = 9"),
    "the loop": lambda code: rewrite(code / LOOP, r"    return progress\n", "    progress = progress\n    return progress\n"),
}


IDLE = ("a comment", "a docstring", "a touched file", "a new method", "a method that nobody uses")


@pytest.mark.parametrize(
    ("edits", "jobs"),
    [(IDLE, {}), (("a default",), {**EVERYTHING, TRAIN: 1}), (("the loop",), EVERYTHING)],
    ids=["idle", "default", "loop"],
)
def test_edits_of_code_where_they_re_run(strictly_finished, tmp_path, edits, jobs):
    project = copied(strictly_finished, tmp_path / "copy")
    code = project.with_code_of_its_own()
    for edit in edits:
        CODE[edit](code)
    assert project.jobs(*TARGETS, config=("rerun_on_code_change=yes",)) == jobs


@pytest.mark.parametrize(("edits", "jobs"), [(IDLE, {}), (("a default",), RENDER)], ids=["idle", "default"])
def test_edits_of_code_by_default_render_anew_and_train_nothing(copy, edits, jobs):
    code = copy.with_code_of_its_own()
    for edit in edits:
        CODE[edit](code)
    assert copy.jobs(*TARGETS) == jobs


def test_a_stale_result_says_so_and_is_not_trained(copy):
    CODE["a default"](copy.with_code_of_its_own())
    before = copy.records()
    done = copy.snakemake(*TARGETS)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (copy.folder / TARGETS[0]).read_text()
    assert "2 of 2 runs stale: code changed since" in page
    assert "2 of 4 results come from code that has changed since" in page  # Tf-KD's; the baseline's code is as it was
    assert copy.records() == before
    quiet = copy.jobs(*TARGETS, config=("rerun_on_code_change=no",))
    assert TRAIN not in quiet
    assert copy.jobs(*TARGETS, config=("rerun_on_code_change=yes",))[TRAIN] == 2  # one of them publishes what holds


def test_a_second_run_does_nothing(finished):
    assert finished.jobs("reports/table2.html", *TARGETS) == {}


def test_settings_of_the_machine_re_run_nothing(finished):
    assert (
        finished.jobs(*TARGETS, config=("data_dir=elsewhere", "threads=2", "checkpoint_seconds=0", "keep_weights=true")) == {}
    )


def test_conda_on_or_off_re_runs_nothing(finished):
    done = finished.snakemake("--dry-run", *TARGETS, line=("snakemake", "--cores", "2"))
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_hyper_parameter_re_runs_its_variant_alone(copy):
    copy.edit(copy.paper, lambda content: content["variants"]["tfkd"]["params"].update(weight=0.4))
    assert copy.jobs(TARGETS[0]).get(TRAIN) == 1


def test_a_recipe_s_change_re_runs_students_and_teachers(copy):
    copy.edit(copy.scale, lambda content: content["recipe"].update(epochs=2))
    assert copy.jobs(TARGETS[0]).get(TRAIN) == 2


def test_a_label_re_renders_and_trains_nothing(copy):
    copy.edit(copy.paper, lambda content: content["variants"]["tfkd"].update(label="Another name"))
    assert copy.jobs(TARGETS[0]) == {"table": 1}


def test_a_new_seed_trains_that_seed_alone(copy):
    copy.edit(copy.scale, lambda content: content.update(seeds_per_job=2))
    jobs = copy.jobs(TARGETS[0], config=("seeds=[0,1,2]",))
    assert TRAIN not in jobs
    assert jobs["train_seed2"] == 2


def test_a_new_variant_trains_its_cells_alone(copy):
    copy.edit(copy.paper, lambda content: content["tables"]["table2"]["blocks"][0]["rows"]["variant"].append("lsr"))
    assert copy.jobs(TARGETS[0]).get(TRAIN) == 1


@pytest.mark.parametrize("moment", [1, 2_000_000_000], ids=["past", "future"])
def test_a_clock_that_jumps_re_runs_nothing(copy, moment):
    for path in (*copy.folder.glob("results/runs/**/*.json"), *copy.folder.glob("results/data/*/manifest.json"), copy.paper):
        os.utime(path, (moment, moment))
    assert copy.jobs(*TARGETS) == {}


def test_a_moved_directory_re_runs_nothing(copy):
    folder = copy.folder.with_name("elsewhere")
    shutil.move(copy.folder, folder)
    assert Project.at(folder).jobs(*TARGETS) == {}


def test_results_without_snakemake_s_memory_train_nothing(copy):
    shutil.rmtree(copy.folder / ".snakemake")
    assert copy.jobs(*TARGETS) == {}


def test_a_fresh_clone_renders_what_is_stored_and_trains_nothing(finished, tmp_path):
    stored = finished.bench("store", "add", "drrnet/table2", "--set", f"stored_dir={tmp_path / 'stored'}")
    assert stored.returncode == 0, stored.stdout + stored.stderr
    clone = Project(tmp_path)
    done = clone.bench("report", "drrnet/table2", "--stored", "--set", "stored_dir=stored")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stale: code changed" not in (tmp_path / "reports/stored/demo/drrnet/table2.html").read_text()
    assert not clone.records()
