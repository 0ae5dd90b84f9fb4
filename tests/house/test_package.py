"""The wheel: the package with its data and nothing beside it, a workspace and a module that work without a checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.plan.catalogue import ROOT

MODULE = """
from bench.plan.source import SUITE


module kd_bench:
    snakefile:
        str(SUITE / "Snakefile")
    config:
        config


use rule * from kd_bench as kd_*


rule mine:
    default_target: True
    input:
        "reports/table1.csv",
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel unpacked into a folder; what it depends on is this environment's."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", ".snakemake", "build", "reports", "logs") and not path.name.endswith(".egg-info"):
            (source / path.name).symlink_to(path)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", folder, source], check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", *offline, "--target", folder / "site", wheel], check=True, timeout=300)
    return folder / "site"


def call(site, folder, *words):
    environment = {**os.environ, "PYTHONPATH": str(site), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.mark.slow
def test_it_installs_one_package_and_one_command(installed):
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"bench", "bin"} and (installed / "bin" / "kd-bench").is_file()
    assert (installed / "bench" / "suite" / "workflow" / "envs" / "bench.yaml").is_file()


@pytest.mark.slow
def test_a_workspace_plans_trains_and_renders(installed, tmp_path):
    command = str(installed / "bin" / "kd-bench")
    call(installed, tmp_path, command, "init", "ws")
    folder = tmp_path / "ws"
    assert "train" in call(installed, folder, "snakemake", "--dry-run")  # of everything: its default target
    call(installed, folder, command, "report", "drrnet/table2", "--stored", "--set", "scale=laptop")
    run = "demo/drrnet/opensarship/resnet18/baseline/seed0"
    said = call(installed, folder, "snakemake", "--cores", "1", f"results/runs/{run}.json", "--config", "seeds=[0]")
    assert "Baseline, ResNet-18, OpenSARShip: seed 0" in said
    assert '"git": {}' in (folder / "results" / "runs" / f"{run}.json").read_text()


@pytest.mark.slow
def test_another_workflow_takes_the_rules_as_a_module(installed, tmp_path):
    (tmp_path / "Snakefile").write_text(MODULE)
    words, seeds = ["snakemake", "--cores", "1"], ["--config", "seeds=[0]"]
    assert "kd_table" in call(installed, tmp_path, *words, "--dry-run", *seeds)
    run = "results/runs/demo/drrnet/opensarship/resnet18/baseline/seed0.json"
    call(installed, tmp_path, *words, run, *seeds)
    assert (tmp_path / run).is_file()
