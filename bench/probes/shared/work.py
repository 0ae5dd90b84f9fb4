"""Look at the networks of a figure and write what they show."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch

from bench.data import load_dataset
from bench.plan import BenchError, Plan, ProbedFigure, Run
from bench.plan.figures import epoch_at
from bench.probes.shared.networks import Trained
from bench.probes.shared.store import Probe, ProbedNetwork, probe_fingerprint, probe_path, write_probe
from bench.records.record import read_record
from bench.train import Machine


def run_probe(plan: Plan, paper: str, name: str) -> Path:
    """Probe every network of a figure; returns the file of facts.

    In fp32 whatever the training computed in, so that a figure does not depend on the processor's bf16.

    Raises
    ------
    BenchError
        If the figure shows no networks, or one of them is not trained or its state was not kept.
    """
    figure = plan.figure(paper, name)
    if not isinstance(figure, ProbedFigure):
        raise BenchError(f"{paper}/{name}: is drawn from records alone; python -m bench report {paper}/{name}")
    machine = Machine.of(plan.settings.device, "fp32", plan.settings.threads)
    torch.set_num_threads(machine.threads)
    networks = tuple(_look(plan, figure, run, machine) for run in plan.runs_shown(paper, name))
    path = probe_path(plan, paper, name)
    write_probe(path, Probe(f"{paper}/{name}", probe_fingerprint(figure), networks))
    return path


@torch.inference_mode()
def _look(plan: Plan, figure: ProbedFigure, run: Run, machine: Machine) -> ProbedNetwork:
    if not Path(run.record).exists():
        raise BenchError(f"{run.id}: not trained yet; python -m bench train {run.id}")
    record = read_record(Path(run.record))
    config: dict[str, Any] = plan.resolve(run)
    trained = config["recipe"]["epochs"]
    epochs = tuple(sorted({epoch_at(share, trained) for share in figure.epochs}))
    data = {key: record["data"][key] for key in ("name", "digest", "stand_in", "classes")}
    arrays, facts = {}, {}
    if record["status"] == "finished":
        wanted = config["data"]
        whole = load_dataset(wanted["name"], wanted["size"], wanted["options"], plan.settings.data_dir)
        dataset = whole.held_out(config["recipe"].get("validation"))
        if dataset.digest != data["digest"]:
            raise BenchError(f"{run.id}: was trained on other data than data_dir holds now")
        seen = Trained(plan, run, record["fingerprint"], dataset, epochs, machine)
        arrays, facts = importlib.import_module(f"bench.probes.{figure.kind}").probe(figure, seen)
    return ProbedNetwork(
        run.id, record["status"], record["reason"], epochs, trained, record["fingerprint"], data, facts=facts, arrays=arrays
    )
