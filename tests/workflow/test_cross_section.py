"""The papers' own tables and figures at the demo scale: one of each kind, with one seed and an epoch."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects.forks import fork_folder

from bench.plan.catalogue import ROOT

TABLES = {
    "frskd/table4": 4,  # masks
    "frskd/table6": 4,  # parameters and FLOPs beside the accuracy
    "reviewkd/settings": 0,  # the recipe, which trains nothing
    "selfguidance/cross-methods": 6,  # error rates
}
FIGURES = {
    "frskd/figure3": "attention maps",
    "generations/figure1": "sorted scores, of a network and its student",
    "selfguidance/figure5": "t-SNE",
}
TARGETS = [f"reports/{name}.html" for name in TABLES] + [f"reports/{name}.svg" for name in FIGURES]
pytestmark = pytest.mark.xdist_group("cross-section")  # trained once, not once per worker


def shortened():
    """The demo scale with one epoch and small pictures: how well a network learns is not the question here."""
    scale = yaml.safe_load((ROOT / "config" / "scales" / "demo.yaml").read_text())
    for part in (scale, *(part for kind in ("datasets", "backbones", "papers") for part in scale[kind].values())):
        part.get("recipe", part).update(epochs=1)
    for name in ("cub200", "mit67", "stanford_dogs"):
        scale["datasets"][name]["image_size"] = 24
    return {**scale, "together": []}  # each figure's own networks, and no others of their job


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cross-section")
    (folder / "scales").mkdir()
    (folder / "scales" / "demo.yaml").write_text(yaml.safe_dump(shortened()))
    path = os.pathsep.join([str(fork_folder()), str(Path(sys.executable).parent), os.environ["PATH"]])
    words = [fork_folder() / "snakemake", "--cores", "2", *TARGETS, "--snakefile", str(ROOT / "Snakefile")]
    words += ["--workflow-profile", str(ROOT / "profiles" / "default")]
    words += ["--config", "seeds=[0]", "scales_dir=scales", "preload=no"]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "reports" / "demo"


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_made_in_every_form_and_every_run_is_in_it(reports, name):
    for ending in (".html", ".tex", "-notes.tex", "-numbers.tex"):
        assert (reports / f"{name}{ending}").stat().st_size > 500
    with (reports / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    runs = {(row["dataset"], row["backbone"], row["variant"], row["seed"]) for row in rows if row["row"] == "seed"}
    assert len(runs) == TABLES[name]
    assert {row["status"] for row in rows if row["row"] == "seed"} <= {"finished"}
    assert ("Stand-in data." in (reports / f"{name}.html").read_text()) == bool(TABLES[name])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_made_in_both_forms(reports, name):
    svg = (reports / f"{name}.svg").read_text()
    assert svg.startswith("<?xml") and "stand-in data" in svg and "no result" not in svg
    assert (reports / f"{name}.pdf").read_bytes().startswith(b"%PDF")
