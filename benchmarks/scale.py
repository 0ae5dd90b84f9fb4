"""What thousands of runs cost before and after their training: plan, dry run, no-op, report; seconds and memory.

The runs are synthetic: a paper's variants are multiplied until there are enough, and their records are written and not
trained. Each step is a process of its own, as a user starts it.

    python benchmarks/scale.py                    # every paper, and 10,000 and 50,000 runs
    python benchmarks/scale.py --runs 10000 --folder scale --keep
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.plan import Plan, Run, settings_from
from bench.plan.catalogue import ROOT, backbone_facts, backbone_files
from bench.records.fingerprint import fingerprint
from bench.records.record import write_record

SEEDS = 5
EPOCHS = 100
CURVES = (
    "loss",
    "loss_ce",
    "loss_kd",
    "train_accuracy",
    "test_accuracy",
    "test_balanced_accuracy",
    "test_top5_accuracy",
    "learning_rate",
)
PLANNING = """
from bench.plan import Plan, load_settings
from bench.records.fingerprint import fingerprint
import sys
plan = Plan(load_settings(sys.argv[2:]))
for run in plan.runs_of(sys.argv[1]):
    fingerprint(plan, run)
"""
# Stands for `python` in the jobs: copies the record that was made beforehand, as a training of no time would.
TRAINED = """#!/bin/sh
shift 3
for run in "$@"; do
  case "$run" in --log) break ;; esac
  mkdir -p "results/runs/${run%/*}" && cp "made/$run.json" "results/runs/$run.json"
done
"""


# As many jobs as there are runs, and nothing of ours: what Snakemake itself takes.
BARE = """
rule all:
    input: expand("runs/{{cell}}/seed{{seed}}.json", cell=range({cells}), seed=range({seeds}))
rule train:
    output: "runs/{{cell}}/seed{{seed}}.json"
    log: "logs/{{cell}}/seed{{seed}}.log"
    resources: mem_mb=1000
    shell: "touch {{output}}"
"""


@dataclass(frozen=True)
class Cost:
    """Wall seconds, processor seconds (what a machine that others share adds is not in them) and peak MiB."""

    seconds: float
    processor: float
    memory: float


class Folder:
    """A working directory of the workflow with papers of its own; ``measure`` runs a command in it."""

    def __init__(self, path: Path, settings: dict[str, str], target: str) -> None:
        self.path = path
        self.settings = settings
        self.target = target

    @property
    def assignments(self) -> list[str]:
        return [f"{key}={value}" for key, value in self.settings.items()]

    def snakemake(self, *words: str) -> list[str]:
        fixed = [
            "--cores",
            "2",
            "--snakefile",
            str(ROOT / "Snakefile"),
            "--workflow-profile",
            str(ROOT / "profiles" / "default"),
        ]
        return [str(Path(sys.executable).with_name("snakemake")), *fixed, "--config", *self.assignments, *words]

    def bench(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "bench", *words, *(item for each in self.assignments for item in ("--set", each))]

    def measure(self, command: list[str], path: str = "") -> Cost:
        """What a command costs, which must succeed."""
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{path}{Path(sys.executable).parent}:{os.environ['PATH']}"}
        with (self.path / "said.txt").open("wb") as said:
            began = time.monotonic()
            process = subprocess.Popen(command, cwd=self.path, env=variables, stdout=said, stderr=said)
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
        if status:
            sys.exit(f"{' '.join(command)[:200]} failed: {(self.path / 'said.txt').read_text(errors='replace')[-2000:]}")
        return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

    def said(self) -> str:
        return (self.path / "said.txt").read_text(errors="replace")


def synthetic(folder: Path, runs: int) -> Folder:
    """A paper of one table whose cells make about ``runs`` runs: 20 backbones, 2 datasets, 4 methods in many settings."""
    content = yaml.safe_load((ROOT / "config" / "papers" / "drrnet.yaml").read_text())
    backbones = [name for name in sorted(backbone_files()) if "task" not in backbone_facts(name)][:20]
    variants = []
    for number in range(max(1, round(runs / SEEDS / len(backbones) / 2 / 4))):
        weight = {"params": {"weight": round(0.0001 * (number + 1), 6)}}
        teacher = {"teachers": {"offline": f"baseline-{number}"}}
        shrunk = {"recipe": {"clip_gradient": number + 1.0}}
        for method, facts in (("baseline", shrunk), ("lsr", shrunk), ("dlb", weight), ("tfkd", {**weight, **teacher})):
            variants.append(f"{method}-{number}")
            content["variants"][variants[-1]] = {"method": method, "label": variants[-1], **facts}
    axes = {"columns": {"backbone": backbones}, "rows": {"variant": variants}}
    blocks = [{"dataset": name, **axes} for name in ("opensarship", "fusar")]
    content["tables"] = {"table2": {"title": "Synthetic", "baseline": "baseline-0", "blocks": blocks}}
    content["figures"] = {}
    for name in ("papers", "reported/drrnet"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "papers" / "drrnet.yaml").write_text(yaml.safe_dump(content))
    header = (ROOT / "results" / "reported" / "drrnet" / "table2.csv").read_text().splitlines()[0]
    (folder / "reported" / "drrnet" / "table2.csv").write_text(header + "\n")
    settings = {"scale": "paper", "papers_dir": "papers", "reported_dir": "reported"}
    return Folder(folder, settings, "reports/paper/drrnet/table2.html")


def every_paper(folder: Path) -> Folder:
    """The suite's papers at the paper's scale; generated stand-ins take the place of data that planning does not need."""
    demo = yaml.safe_load((ROOT / "config" / "scales" / "demo.yaml").read_text())
    scale = yaml.safe_load((ROOT / "config" / "scales" / "paper.yaml").read_text())
    (folder / "scales").mkdir(parents=True, exist_ok=True)
    (folder / "scales" / "paper.yaml").write_text(yaml.safe_dump({**scale, "data": demo["data"], "comparable": False}))
    return Folder(folder, {"scale": "paper", "scales_dir": "scales"}, "reports/index.html")


def make_records(made: Folder, below: str) -> None:
    """Write a record for every run of the target below a folder."""
    with mock.patch("os.fsync"), _in(made.path):  # nothing here needs to outlast a power cut
        plan = Plan(settings_from(made.settings))
        for number, run in enumerate(plan.runs_of(made.target)):
            write_record(Path(below) / f"{run.id}.json", record_of(plan, run, 60 + number % 97 / 10))


def record_of(plan: Plan, run: Run, accuracy: float) -> dict[str, Any]:
    """What a training of a hundred epochs would leave."""
    config = plan.resolve(run)
    data = config["data"]
    return {
        "schema": 1,
        "run": run.id,
        "status": "finished",
        "reason": "",
        "metrics": {
            "accuracy": accuracy,
            "balanced_accuracy": accuracy - 1,
            "best_accuracy": accuracy + 1,
            "train_accuracy": 99.0,
        },
        "curve": {name: [accuracy + 1 / (epoch + 3) for epoch in range(EPOCHS)] for name in CURVES},
        "cost": {"train_seconds": 3600.0, "images_per_second": 900.0, "peak_memory_mb": 4000.0, "parameters": 11_000_000},
        "config": config,
        "fingerprint": fingerprint(plan, run),
        "sources": {f"bench/file{number}.py": "0" * 16 for number in range(30)},
        "data": {
            "digest": "0" * 64,
            "name": data["name"],
            "stand_in": data["stand_in"],
            "classes": ["a"] * 20,
            "train": 9,
            "test": 9,
        },
        "teachers": {},
        "weights": {},
        "precision": "fp32",
        "hardware": {"cpu": "A CPU", "cpu_flags": ["avx2"], "gpu": "", "threads": 1},
        "versions": {"bench": "0.1.0", "python": "3.11", "torch": "2.12.0"},
        "git": {"commit": "0" * 40, "dirty": False},
    }


def steps_of(made: Folder, all_papers: bool) -> Iterable[tuple[str, Cost]]:
    """Name, seconds and MiB of every step, in the order of the way."""
    yield "plan", made.measure([sys.executable, "-c", PLANNING, made.target, *made.assignments])
    yield "dry run of everything", made.measure(made.snakemake("--dry-run", "--", made.target))
    if not all_papers:
        yield "dry run of as many jobs without the bench", made.measure(bare(made))
    make_records(made, "results/runs")
    with _in(made.path):
        manifests(made)
    if all_papers:
        return
    yield "report", made.measure(made.bench("report", "drrnet/table2"))
    made.measure(made.snakemake("--touch", "--quiet", "all", "--", made.target))
    made.measure(made.snakemake("--quiet", "rules", "--", made.target))  # the page's short name, whose content counts
    yield "no-op", made.measure(made.snakemake("--quiet", "rules", "--", made.target))
    assert "Nothing to be done" in made.said(), made.said()[-500:]


def bare(made: Folder) -> list[str]:
    """The dry run of a Snakefile with a job for each of the target's runs."""
    with _in(made.path):
        runs = len(Plan(settings_from(made.settings)).runs_of(made.target))
    file = made.path / "bare.smk"
    file.write_text(BARE.format(cells=runs // SEEDS, seeds=SEEDS))
    return [made.snakemake()[0], "--cores", "2", "--snakefile", str(file), "--dry-run", "--quiet", "rules"]


def manifests(made: Folder) -> None:
    """The decoded data sets' manifests, older than every record."""
    plan = Plan(settings_from(made.settings))
    for key in {plan.resolve(run)["data"]["key"] for run in plan.runs_of(made.target)}:
        path = Path("results/data") / key / "manifest.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        os.utime(path, (1, 1))


def orchestration(folder: Path, runs: int) -> Cost:
    """What Snakemake spends per run, a job each, where a training takes no time; memory in all."""
    made = synthetic(folder, runs)
    make_records(made, "made")
    with _in(folder):
        manifests(made)
    (folder / "bin").mkdir()
    double = folder / "bin" / "python"
    double.write_text(TRAINED)
    double.chmod(stat.S_IRWXU)
    plan = made.measure(made.snakemake("--dry-run", "--until", *rules(), "--", made.target))
    whole = made.measure(made.snakemake("--quiet", "all", "--until", *rules(), "--", made.target), f"{folder / 'bin'}:")
    done = len(list((folder / "results" / "runs").rglob("*.json")))  # students are left out: --until ends before them
    return Cost((whole.seconds - plan.seconds) / done, (whole.processor - plan.processor) / done, whole.memory)


def rules() -> list[str]:
    return [f"train_seed{seed}" for seed in range(SEEDS)]


class _in:
    """A working directory for a block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.before = Path.cwd()
        os.chdir(self.folder)

    def __exit__(self, *error: object) -> None:
        os.chdir(self.before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="*", default=[10_000, 50_000], help="sizes of the synthetic plans")
    parser.add_argument("--papers", action="store_true", help="the suite's own papers too")
    parser.add_argument("--jobs", type=int, default=0, help="measure the orchestration of this many runs as well")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder where absent")
    parser.add_argument("--keep", action="store_true", help="leave the folder as it is")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="scale-"))
    found: dict[str, dict[str, Cost]] = {}
    try:
        if options.papers:
            found["every paper"] = dict(_told("every paper", steps_of(every_paper(folder / "papers"), True)))
        for runs in options.runs:
            found[str(runs)] = dict(_told(str(runs), steps_of(synthetic(folder / str(runs), runs), False)))
        if options.jobs:
            found["orchestration"] = dict(_told("orchestration", [("per run", orchestration(folder / "jobs", options.jobs))]))
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps({name: {step: asdict(cost) for step, cost in steps.items()} for name, steps in found.items()}, indent=1))


def _told(name: str, steps: Iterable[tuple[str, Cost]]) -> Iterable[tuple[str, Cost]]:
    for step, cost in steps:
        words = f"{cost.seconds:.3g} s, {cost.processor:.3g} s of a core, {cost.memory:.0f} MiB"
        print(f"{name}: {step}: {words}", file=sys.stderr, flush=True)
        yield step, cost


if __name__ == "__main__":
    main()
