"""What a change re-runs, by dry runs of the small project; which params a change changes is in tests/flow/test_changes.py."""

import os
import re
import shutil

import pytest
from projects.workflow import Project

TARGETS = ("reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg")
TRAIN = "train"
RENDER = {"figure": 1, "table": 1}
MACHINE = ("data_dir=elsewhere", "threads=2", "device=cpu", "checkpoint_seconds=0", "keep_weights=true", "workers=3")


def edit_a_default(code):
    path = code / "bench/methods/tfkd.py"
    changed = re.sub(r"temperature: float = \d", "temperature: float = 9", path.read_text(), count=1)
    assert changed != path.read_text()
    path.write_text(changed)


def test_a_stale_result_says_so_and_is_not_trained(copy):
    edit_a_default(copy.with_code_of_its_own())
    before = copy.records()
    assert copy.made(*TARGETS) == RENDER
    page = (copy.folder / TARGETS[0]).read_text()
    assert "2 of 2 runs stale: code changed since" in page
    assert "2 of 4 results come from code that has changed since" in page  # Tf-KD's; the baseline's code is as it was
    assert copy.records() == before
    assert copy.jobs(*TARGETS, config=("rerun_on_code_change=yes",))[TRAIN] == 2  # one of them publishes what holds


def test_a_second_run_does_nothing(finished):
    assert finished.jobs("reports/table2.html", *TARGETS) == {}


def test_settings_of_the_machine_re_run_nothing(finished):
    assert finished.jobs(*TARGETS, config=MACHINE) == {}


def test_settings_of_the_machine_are_the_job_s_all_the_same(copy):
    """In a file on its command line, written when jobs start; without hooks, as on a cluster's node, by the job's Snakemake."""
    folder = copy.folder / "results" / "work" / "settings"
    (before,) = folder.iterdir()
    (copy.folder / TARGETS[1]).unlink()
    done = copy.snakemake("--printshellcmds", "--no-hooks", TARGETS[1], "--quiet", "host", config=MACHINE)
    assert done.returncode == 0, done.stdout + done.stderr
    (written,) = set(folder.iterdir()) - {before}
    assert f"--settings results/work/settings/{written.name}" in done.stdout + done.stderr
    assert '"threads": 2' in written.read_text()


def test_conda_on_or_off_re_runs_nothing(finished):
    done = finished.snakemake("--dry-run", *TARGETS, line=("snakemake", "--cores", "2"))
    assert "Nothing to be done" in done.stdout + done.stderr


def test_a_hyper_parameter_re_runs_its_variant_alone(copy):
    copy.edit(copy.paper, lambda content: content["variants"]["tfkd"]["params"].update(weight=0.4))
    assert copy.jobs(TARGETS[0]).get(TRAIN) == 1


def test_a_label_re_renders_and_trains_nothing(copy):
    copy.edit(copy.paper, lambda content: content["variants"]["tfkd"].update(label="Another name"))
    assert copy.jobs(TARGETS[0]) == {"table": 1}


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
