"""From the user's line to the table, what a second run does, and what a change re-runs."""

import csv
import json
import os
import re
import stat
import sys


def test_the_user_s_line_makes_the_table_and_the_figure(finished):
    assert "conda is not on the PATH" in finished.said
    for name in (
        "table2.html",
        "demo/drrnet/table2.html",
        "demo/drrnet/table2.tex",
        "demo/drrnet/table2-notes.tex",
        "demo/drrnet/table2-numbers.tex",
        "demo/drrnet/table2.csv",
        "drrnet/figure3.svg",
        "demo/drrnet/figure3.pdf",
    ):
        assert (finished.folder / "reports" / name).stat().st_size > 500, name
    page = (finished.folder / "reports" / "table2.html").read_text()
    for words in ("not comparable", "Stand-in data", "Tf-KD", "72.15"):
        assert words in page
    rows = list(csv.DictReader((finished.folder / "reports/demo/drrnet/table2.csv").open()))
    assert len(rows) >= 4


def test_a_cell_of_the_page_holds_its_curves_and_a_command_that_works(finished):
    page = (finished.folder / "reports" / "table2.html").read_text()
    cell = json.loads(page.split('id="data">')[1].split("</script>")[0])["cells"][1]
    assert cell["curve"]["epochs"] == [1, 2, 3] and [run[0] for run in cell["curve"]["runs"]] == [0, 1]
    assert all((finished.folder / run[6]).is_file() for run in cell["runs"])
    words = cell["command"].split()
    assert words[:3] == ["snakemake", "--cores", "all"] and words[4:] == ["--config", "scale=demo"]
    targets = [words[3].replace("{0,1}", str(seed)) for seed in (0, 1)]
    assert finished.jobs(*targets, config=("scale=demo",)) == {}
    assert "table2.html" in (finished.folder / "reports" / "demo" / "index.html").read_text()  # where the page's links lead


def test_everything_is_asked_for_beside_the_index_that_the_table_wrote(copy):
    assert (copy.folder / "reports" / "demo" / "index.html").is_file()
    (copy.folder / "reports" / "demo" / "drrnet" / "figure3.svg").unlink()
    assert copy.jobs("all") == {"all": 1, "figure": 1, "index": 1, "document": 1, "alias": 2}


def test_the_index_alone_is_asked_for_and_what_it_lacks_is_made(copy):
    """A table that was made before has written an index; the workflow must not take it for the whole."""
    (copy.folder / "reports" / "demo" / "drrnet" / "figure3.svg").unlink()
    assert copy.made("reports/index.html") == {"figure": 1, "index": 1, "alias": 1}
    assert copy.jobs("reports/index.html") == {}


def test_every_run_left_a_self_contained_record(finished):
    records = finished.records()
    assert len(records) == 4
    for path, text in records.items():
        record = json.loads(text)
        assert path == f"results/runs/{record['run']}.json"
        assert record["status"] == "finished"
        assert record["data"]["stand_in"] is True
        assert len(record["curve"]["test_accuracy"]) == 3
        assert str(finished.folder) not in text
        assert os.uname().nodename not in text.split()
    student = json.loads(records["results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed1.json"])
    assert student["teachers"]["offline"]["run"] == "demo/drrnet/opensarship/resnet18/baseline/seed1"


def test_a_figure_of_networks_that_is_added_trains_what_it_looks_at_and_probes_it(copy):
    panels = [{"dataset": "opensarship", "backbone": "resnet18"}]
    scores = {"title": "Scores", "kind": "scores", "variant": "baseline", "matrix": "opensarship", "panels": panels}
    copy.edit(copy.paper, lambda content: content["figures"].update(figure9=scores))
    before = copy.records()
    assert copy.made("reports/drrnet/figure9.svg") == {"figure": 1, "probe": 1, "train": 1, "alias": 1}
    assert (copy.folder / "reports" / "demo" / "drrnet" / "figure9.pdf").stat().st_size > 500
    assert (copy.folder / "results" / "probes" / "demo" / "drrnet" / "figure9.npz").exists()
    changed = {path for path, text in copy.records().items() if text != before[path]}
    assert changed == {"results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json"}
    assert copy.jobs("reports/drrnet/figure9.svg") == {}
    copy.edit(copy.paper, lambda content: content["figures"]["figure9"].update(title="Other words"))
    assert copy.jobs("reports/drrnet/figure9.svg") == {"figure": 1, "alias": 1}


def test_a_deleted_record_comes_back_without_training(copy):
    path = "results/runs/demo/drrnet/opensarship/resnet18/tfkd/seed1.json"
    before = copy.records()
    (copy.folder / path).unlink()
    done = copy.snakemake(path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert copy.records() == before
    assert "epoch" not in (copy.folder / "logs/train/demo/drrnet/opensarship/resnet18/tfkd/seed0.log").read_text()


def test_conda_s_code_path_runs_when_conda_is_there(copy):
    """A double that answers what Snakemake asks drives the real path. It proves the wiring, not that the pins solve."""
    fake = copy.folder / "fake"
    fake.mkdir()
    (fake / "conda").write_text(CONDA.replace("@ROOT@", str(copy.folder / "conda")))
    (fake / "conda").chmod(stat.S_IRWXU)
    path = f"{fake}{os.pathsep}{copy.environment()['PATH']}"
    (copy.folder / "reports" / "demo" / "drrnet" / "table2.html").unlink()
    done = copy.snakemake("reports/drrnet/table2.html", path=path)
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert "conda is not on the PATH" not in text
    assert (copy.folder / "conda" / "created").exists()
    assert (copy.folder / "reports" / "drrnet" / "table2.html").exists()


CONDA = r"""#!/usr/bin/env bash
root="@ROOT@"; mkdir -p "$root/bin"
case "$1 $2" in
  "info --json"|"info --json "*) echo "{\"conda_prefix\": \"$root\", \"root_prefix\": \"$root\", \"platform\": \"linux-64\"}" ;;
  "--version "*) echo "conda 24.9.2" ;;
  "config --get"|"config --show") echo '{"channel_priority": "strict", "get": {"channel_priority": "strict"}}' ;;
  "env create")
    touch "$root/created"
    while [ $# -gt 0 ]; do [ "$1" = --prefix ] && prefix="$2"; shift; done
    mkdir -p "$prefix/bin" "$prefix/conda-meta" ;;
  *) : ;;
esac
printf '# activated\n' > "$root/bin/activate"
"""


def test_ended_jobs_do_not_wake_the_scheduler_for_ever(copy):
    """Under a limit of jobs a second they would; Snakemake's own one is lifted, a user's stays."""
    page = "reports/demo/drrnet/table2.html"
    for words, left in (((), sys.maxsize), (("--max-jobs-per-timespan", "50/1s"), 50)):
        (copy.folder / page).unlink()
        done = copy.snakemake("--verbose", *words, page)
        text = done.stdout + done.stderr
        assert done.returncode == 0, text
        assert set(re.findall(r"after job selection: .*'_job_count': (\d+)", text)) == {str(left)}
