"""``store verify`` and ``store remake``: stored runs trained again under today's code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Set, SettingsFile, plan_of
from bench.plan import BenchError, Plan, Run, one_of
from bench.plan.datakeys import DATA_CACHE
from bench.plan.settings import FOLDERS, Settings
from bench.plan.source import ROOT, SUITE

if TYPE_CHECKING:
    from bench.records.result import Result

AGAIN = Path("results/work/again")  # a working folder of its own, so that no result of this one is touched
Paper = Annotated[str, typer.Argument(help="A paper; absent means each that has results at this scale.")]


def verify(
    paper: Paper = "",
    cells: Annotated[int, typer.Option(help="How many cells of a paper to look at, spread over them; 0 means all.", min=0)] = 0,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Train one seed of every stored cell again under today's code; where it comes out equal, its row says so from then on.

    Equal are all scores of the last and the best epoch and, where they are stored, which test images were right. On another
    kind of machine, number of threads or version of torch an unequal number is no fault, and the line says what is different.

    Example: `python -m bench store verify drrnet --cells 5 --set scale=demo`
    """
    from bench.records.fingerprint import fingerprint
    from bench.records.rows import write_rows
    from bench.records.stored import read_stored
    from bench.records.verified import differs, verified

    plan = plan_of(settings, settings_file)
    unequal = 0
    for path in _files(plan, paper):
        results = read_stored(path)
        sample = _sample(results, cells)
        again = {result.run: result for result in _trained_again(plan, sample)}
        found: dict[Run, Result] = {}
        for old in sample:
            new = again[old.run]
            words = differs(old, new)
            print(f"{old.run.id}: {words or 'equal'}", flush=True)
            unequal += bool(words)
            if not words:
                found[old.run] = verified(old, fingerprint(plan, old.run)["code"])
        if found:
            write_rows(path, [found.get(result.run, result) for result in results])
        print(f"{plan.scale.name}/{path.name}: {len(found)} of {len(sample)} equal, verified with today's code")
    raise typer.Exit(int(bool(unequal)))


def remake(paper: Paper = "", settings: Set = None, settings_file: SettingsFile = None) -> None:
    """Train every stored run of a scale anew and put the results in place of the old ones, as for a release.

    Example: `python -m bench store remake drrnet --set scale=demo`
    """
    from bench.records.stored import read_stored

    plan = plan_of(settings, settings_file)
    for path in _files(plan, paper):
        wishes = {result.run: str(result.facts["config"].get("precision", "auto")) for result in read_stored(path)}
        for file, runs in _train_again(plan, {run: (wish, plan.settings.convolutions) for run, wish in wishes.items()}):
            ids = [run.id for run in runs]
            _in_folder([sys.executable, "-m", "bench", "store", "add", "--replace", "--partial", *ids, "--settings", str(file)])


def _files(plan: Plan, paper: str) -> list[Path]:
    files = plan.settings.stored_files(plan.scale.name)
    if paper and paper not in files:
        raise BenchError(f"nothing is stored of '{paper}' at scale '{plan.scale.name}'; {one_of(paper, files)}")
    if not files:
        raise BenchError(f"nothing is stored at scale '{plan.scale.name}'")
    return [files[paper]] if paper else list(files.values())


def _sample(results: Iterable[Result], cells: int) -> list[Result]:
    """The first finished seed of each cell, of ``cells`` of them that lie evenly in the file's order."""
    finished = sorted((result for result in results if result.status == "finished"), key=lambda result: result.run)
    first = [next(group) for _, group in groupby(finished, key=lambda result: result.run.cell)]
    step = max(1, -(-len(first) // cells)) if cells else 1
    return first[::step]


def _trained_again(plan: Plan, results: Sequence[Result]) -> list[Result]:
    """The same runs of today's code, in the precision and with the form of convolutions that each was trained in."""
    from bench.records.record import fresh_results

    forms = {result.run: result.facts["config"].get("convolutions", "library") for result in results}
    _train_again(plan, {result.run: (result.facts["precision"], forms[result.run]) for result in results})
    return list(fresh_results([result.run for result in results], AGAIN))


def _train_again(plan: Plan, arithmetic: Mapping[Run, tuple[str, str]]) -> list[tuple[Path, list[Run]]]:
    """Train runs in a folder of their own, each with its settings ``precision`` and ``convolutions``.

    Returns
    -------
    list of (Path, list of Run)
        For each arithmetic the file of its settings, and its runs.
    """
    shutil.rmtree(AGAIN, ignore_errors=True)
    DATA_CACHE.mkdir(parents=True, exist_ok=True)
    (AGAIN / "results").mkdir(parents=True)
    (AGAIN / DATA_CACHE).symlink_to(DATA_CACHE.resolve())
    trained = []
    for precision, form in sorted(set(arithmetic.values())):
        some = [run for run, own in arithmetic.items() if own == (precision, form)]
        file = _settings_of(plan.settings, sorted({run.seed for run in some}), precision, form)
        command = ["snakemake", "--cores", "all", "--snakefile", str(SUITE / "Snakefile")]
        profile = ["--workflow-profile", str(SUITE / "profiles" / "default")]
        targets = [str(run.record) for run in some]
        _in_folder([sys.executable, "-m", *command, *profile, *targets, "--configfile", str(file)])
        trained.append((file, some))
    return trained


def _settings_of(settings: Settings, seeds: list[int], precision: str, convolutions: str) -> Path:
    """The file of these settings for the folder, its paths absolute."""
    absolute = {key: str(Path(value).resolve()) for key, value in vars(settings).items() if key in FOLDERS and value}
    plugins = tuple(str(Path(path).resolve()) for path in settings.plugins)
    arithmetic = {"precision": precision, "convolutions": convolutions}
    chosen = replace(settings, **absolute, **arithmetic, plugins=plugins, seeds=tuple(seeds))  # type: ignore[arg-type]
    path = (AGAIN / f"{precision}-{convolutions}.json").resolve()
    path.write_text(json.dumps(asdict(chosen)), encoding="utf-8")
    return path


def _in_folder(command: Sequence[str]) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    if subprocess.run(command, cwd=AGAIN, env=environment, check=False).returncode:
        raise BenchError(f"training again did not finish; what it left is in {AGAIN}, its logs in {AGAIN}/logs")
