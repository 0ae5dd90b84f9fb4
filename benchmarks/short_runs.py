"""Train every method for a few epochs on a subset of CIFAR-10 and write what came of it into docs/fidelity.md.

    python -m benchmarks.short_runs DATA_DIR --json short_runs.json --write

DATA_DIR holds ``cifar10/`` in any layout of docs/data.md. Every method trains the same network on the same images with the same
recipe and its default hyper-parameters; teachers are networks of the same kind that this script has trained before. It shows
that a method learns and that its terms move as they should. It is no comparison: one seed, few epochs, nothing tuned.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.backbones import Network
from bench.data import Dataset, ImageSet, load_dataset
from bench.jobs.environment import hardware, versions
from bench.methods import load_method
from bench.plan.catalogue import ROOT, method_files
from bench.plan.files import write_atomically
from bench.train import Loop, Machine, Outcome, build_student, build_training
from bench.train.progress import Reporter

PAGE = ROOT / "docs" / "fidelity.md"
MARKS = ("<!-- short runs: written by benchmarks/short_runs.py -->", "<!-- end of short runs -->")
# Whose trained network fills which role; "offline" is the baseline's unless it stands here.
TEACHERS = {
    "drrnet_skd": {"offline": "dlb"},
    "generation": {"previous": "patriarch"},
    "ensemble": {"generation0": "patriarch", "generation1": "generation"},
}
FIRST = ("baseline", "dlb", "patriarch", "generation")
RECIPE = {
    "image_size": 32,
    "augmentation": [{"random_crop": 4}, {"horizontal_flip": 0.5}],
    "normalise": {"mean": [0.4914, 0.4822, 0.4465], "std": [0.2470, 0.2435, 0.2616]},
    "optimiser": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4},
    "schedule": {"name": "cosine"},
    "schedule_epochs": 200,
    "batch_size": 64,
}


def main() -> None:
    options = _options()
    dataset = _subset(load_dataset("cifar10", 32, {}, options.data_dir, options.cache), options.train, options.test)
    machine = Machine.of(options.device, options.precision, 1)
    results: dict[str, Any] = json.loads(options.json.read_text()) if options.json.exists() else {}
    facts = {
        "backbone": options.backbone,
        "width": options.width,
        "epochs": options.epochs,
        "train": len(dataset.train),
        "test": len(dataset.test),
        "precision": machine.precision,
        "hardware": hardware(str(machine.device), 1),
        "versions": versions(),
    }
    if results.get("facts", facts) != facts:
        sys.exit(f"error: {options.json} holds runs of other settings or another machine; name another file")
    results.setdefault("facts", facts)
    runs = results.setdefault("runs", {})
    with tempfile.TemporaryDirectory() as folder:
        networks: dict[str, Network] = {}
        wanted = ordered(options.methods or sorted(method_files()))
        pending = [name for name in wanted if name not in runs]
        for name in [name for name in wanted if name in pending or (pending and name in FIRST)]:  # teachers are trained again
            runs[name] = _train(name, options, dataset, machine, networks, Path(folder))
            write_atomically(options.json, json.dumps(results, indent=1) + "\n")
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
        write_atomically(PAGE, f"{before}{MARKS[0]}\n\n{table(results)}\n{MARKS[1]}{after}")
    print(table(results))


def ordered(names: Sequence[str]) -> list[str]:
    """Teachers before their students, then the cheap ones first."""
    rest = sorted((name for name in names if name not in FIRST), key=lambda name: load_method(name).cost())
    return [name for name in FIRST if name in names] + rest


def _train(
    name: str, options: argparse.Namespace, dataset: Dataset, machine: Machine, networks: dict[str, Network], folder: Path
) -> dict[str, Any]:
    kind = load_method(name)
    sources = TEACHERS.get(name) or dict.fromkeys(kind.teacher_roles, "baseline")
    config = _config(name, options)
    training = build_training(config, dataset, {role: _copy(networks[of]) for role, of in sources.items()}, machine)
    reporter = Reporter(name, options.epochs, (sys.stderr,))
    outcome = Loop(training, machine, folder / f"{name}.pt", reporter, checkpoint_seconds=1e9).run()
    if name in FIRST:
        network = build_student(config, dataset.num_classes)
        network.net.load_state_dict(training.method.export())
        networks[name] = network
    return {"label": kind.label, "teachers": sources, **_summary(outcome)}


def _copy(network: Network) -> Network:
    """A teacher of its own for every student: a method may put one into another mode."""
    return copy.deepcopy(network)


def _summary(outcome: Outcome) -> dict[str, Any]:
    terms = {
        key: [values[0], values[-1]]
        for key, values in outcome.curve.items()
        if not key.startswith(("test_", "train_", "learning_")) and key != "loss"
    }
    return {
        "status": outcome.status,
        "accuracy": outcome.metrics.get("accuracy"),
        "curve": outcome.curve["test_accuracy"],
        "terms": terms,
        "seconds": outcome.cost["train_seconds"],
    }


def _config(name: str, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "run": f"short/cifar10/{name}/seed{options.seed}",
        "recipe": {**RECIPE, "epochs": options.epochs},
        "backbone": {"name": options.backbone, "width": options.width, "options": {}},
        "method": {"name": name, "params": {}},
        "seed": options.seed,
    }


def _subset(dataset: Dataset, train: int, test: int) -> Dataset:
    """The first images of every class, as many of each."""

    def first(images: ImageSet, count: int) -> ImageSet:
        each = count // dataset.num_classes
        chosen = torch.cat([(images.labels == label).nonzero()[:each, 0] for label in range(dataset.num_classes)])
        return ImageSet(images.images[chosen], images.labels[chosen])

    return Dataset(
        dataset.name,
        dataset.classes,
        dataset.stand_in,
        first(dataset.train, train),
        first(dataset.test, test),
        dataset.digest,
    )


def table(results: Mapping[str, Any]) -> str:
    """What the page shows."""
    facts, rows = results["facts"], []
    for name, run in sorted(results["runs"].items()):
        taught = ", ".join(sorted(set(run["teachers"].values()))) or "-"
        terms = "; ".join(
            f"{key.removeprefix('loss_')} {_number(first)} → {_number(last)}" for key, (first, last) in run["terms"].items()
        )
        accuracy = run["status"] if run["accuracy"] is None else f"{run['accuracy']:.1f}"
        rows.append(f"| `{name}` | {taught} | {accuracy} | {terms or '-'} |")
    width = f" at {facts['width']:g} of its width" if facts["width"] != 1 else ""
    recipe = [
        f"{facts['train']:,} training and {facts['test']:,} test images of CIFAR-10 **re-encoded as JPEG (quality about 75)**,",
        f"`{facts['backbone']}`{width}, {facts['epochs']} epochs, one seed, SGD 0.05 with cosine decay, batch 64,",
        f"{facts['precision']}, torch {facts['versions']['torch']}. Chance is 10 %. Terms are means over the first and the",
        "last epoch, weights applied.",
    ]
    heading = ["| method | taught by | test accuracy, last epoch (%) | terms, first → last epoch |", "|---|---|---|---|"]
    return "\n".join([*recipe, "", *heading, *rows, ""])


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", help="the folder that holds cifar10/")
    parser.add_argument("--methods", nargs="*", help="only these; teachers have to be among them")
    parser.add_argument("--backbone", default="resnet20_cifar")
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--train", type=int, default=2500, help="training images")
    parser.add_argument("--test", type=int, default=1000, help="test images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--cache", default="results/data", help="where decoded images are kept")
    parser.add_argument(
        "--json", type=Path, default=Path("short_runs.json"), help="results; methods that stand there are skipped"
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/fidelity.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
