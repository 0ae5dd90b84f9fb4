"""Measure the engine against a plain loop: images per second, and the step of every method.

    python -m benchmarks.throughput
    python -m benchmarks.throughput --backbone resnet32_cifar --methods dlb kd --repeats 9 --json throughput.json
    python -m benchmarks.throughput --methods kd --authors ~/authors/loops.py

One run, two tables. First: the plain loop (fp32, NCHW, ``.item()`` after every step) beside our engine (channels_last, the
precision asked for), their repeats interleaved. Second: the step of every method of classification
beside the same method's in a plain loop and beside the baseline's, again interleaved, the median ratios next to the counted
cost; teachers are of the student's kind unless ``--teacher`` names another. On a CPU with one thread the clock is the process's
CPU time, which other jobs on the machine disturb least; otherwise it is wall time, on a GPU between synchronisations.

``--authors`` names a Python file outside of this project, beside copies of the authors' code. Its ``steps(backbone, batch)``
gives callables by "METHOD/WHOSE", as in ``{"kd/RepDistiller": step}``; ``step(index)`` trains one mini-batch of ``batch``
images of 32 pixels and 10 classes. Each takes its turns beside ours.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from runpy import run_path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.data import Dataset, ImageSet
from bench.jobs.environment import hardware, versions
from bench.methods import Clock, load_method
from bench.plan import BenchError
from bench.plan.catalogue import method_files
from bench.plan.files import write_atomically
from bench.plan.metrics import USUAL_TASK
from bench.tasks import build_network
from bench.train import Machine, Training, build_training
from bench.train.memory import keep_freed_memory

CLASSES = 10
RECIPE = {
    "image_size": 32,
    "augmentation": [{"random_crop": 4}, {"horizontal_flip": 0.5}],
    "normalise": {"mean": [0.5], "std": [0.5]},
    "optimiser": {"name": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4},
    "schedule": {"name": "constant"},
    "epochs": 200,
    "schedule_epochs": 200,
}
LATE = 150  # the epoch that is measured: every ramp is up and every late term has begun


def main() -> None:
    options = _options()
    keep_freed_memory()
    machine = Machine.of(options.device, options.precision, options.threads, convolutions="auto")
    torch.set_num_threads(machine.threads)
    found = {
        "facts": {
            "clock": "CPU time" if _clock(machine) is time.process_time else "wall time",
            "precision": machine.precision,
            "repeats": options.repeats,
            "hardware": hardware(str(machine.device), machine.threads),
            "versions": versions(),
        },
        "loops": [_loops(name, machine, options) for name in options.loops],
        "methods": _methods(machine, options),
    }
    print(report(found))
    if options.json:
        write_atomically(options.json, json.dumps(found, indent=1) + "\n")


def _loops(backbone: str, machine: Machine, options: argparse.Namespace) -> dict[str, Any]:
    """Images per second of the plain loop and of ours in both precisions."""
    batch, steps = options.batch, options.steps
    loops = {"plain": plain_step(training_on_noise("baseline", backbone, replace(machine, precision="fp32"), batch))}
    for precision in dict.fromkeys(("fp32", machine.precision)):
        loops[f"ours, {precision}"] = engine_step(
            training_on_noise("baseline", backbone, replace(machine, precision=precision), batch)
        )
    seconds = interleaved(loops, machine, options.repeats, steps)
    return {
        "backbone": backbone,
        "batch": batch,
        "images_per_second": {name: batch * steps / statistics.median(times) for name, times in seconds.items()},
        "gain": {name: _median_ratio(seconds["plain"], times) for name, times in seconds.items() if name != "plain"},
    }


def _methods(machine: Machine, options: argparse.Namespace) -> dict[str, Any]:
    """Each method's step relative to the baseline's, its plain loop's and its authors', all taking turns."""
    rows = {}
    peers = run_path(str(options.authors))["steps"](options.backbone, options.method_batch) if options.authors else {}
    for name in options.methods:
        kind = load_method(name)
        if not kind.trains or USUAL_TASK not in kind.tasks:
            continue
        try:
            loops = {
                "baseline": engine_step(_method("baseline", machine, options)),
                "ours": engine_step(_method(name, machine, options)),
                "plain": plain_step(_method(name, replace(machine, precision="fp32"), options)),
            }
        except BenchError as error:
            print(f"{name}: left out ({error})", flush=True)
            continue
        loops |= {words: step for words, step in peers.items() if words.partition("/")[0] == name}
        seconds = interleaved(loops, machine, options.repeats, options.method_steps)
        rows[name] = {
            "measured": _median_ratio(seconds["ours"], seconds["baseline"]),
            "counted": kind.cost(),
            "milliseconds": 1000 * statistics.median(seconds["ours"]) / options.method_steps,
            "gain": {
                words: _median_ratio(times, seconds["ours"])
                for words, times in seconds.items()
                if words not in ("baseline", "ours")
            },
        }
        found = ", ".join(f"{gain:.2f} times {words}" for words, gain in rows[name]["gain"].items())
        print(f"{name}: {rows[name]['measured']:.2f} measured, {rows[name]['counted']:.2f} counted; {found}", flush=True)
    return {"backbone": options.backbone, "teacher": options.teacher, "batch": options.method_batch, "rows": rows}


def _method(name: str, machine: Machine, options: argparse.Namespace) -> Training:
    return training_on_noise(name, options.backbone, machine, options.method_batch, options.teacher)


def training_on_noise(name: str, backbone: str, machine: Machine, batch: int, teacher: str = "", size: int = 32) -> Training:
    """A training on noise; teachers are networks of the student's kind or of the one named."""
    config = {
        "run": f"throughput/{name}",
        "recipe": {**RECIPE, "image_size": size, "batch_size": batch},
        "backbone": {"name": backbone, "width": 1.0, "options": {}},
        "method": {"name": name, "params": {}},
        "seed": 0,
    }
    teachers = {role: build_network(teacher or backbone, CLASSES) for role in load_method(name).teacher_roles}
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (4 * batch, 3, size, size), dtype=torch.uint8, generator=draw)
    noise = ImageSet(images, torch.arange(len(images)) % CLASSES)
    return build_training(config, Dataset("noise", tuple("0123456789"), True, noise, noise, ""), teachers, machine)


def engine_step(training: Training) -> Callable[[int], None]:
    """One step as the training loop takes it: batch, method, backward, optimiser."""
    training.method.train()
    batches = len(training.batches)

    def step(index: int) -> None:
        batch = next(iter(training.batches.epoch(LATE, start_step=index % batches)))
        training.update(batch, Clock(LATE, 200, index % batches, batches, 200))

    return step


def plain_step(training: Training) -> Callable[[int], None]:
    """One step as most scripts take it: fp32, NCHW, an unfused optimiser, every term read after the step. The batch is ours."""
    method, optimiser = training.method.train(), training.config["recipe"]["optimiser"]
    for module in (method, *method.teachers.values()):
        module.to(memory_format=torch.contiguous_format)
    trained = [parameter for parameter in method.parameters() if parameter.requires_grad]
    plain = torch.optim.SGD(trained, **{key: value for key, value in optimiser.items() if key != "name"})
    batches, seen = len(training.batches), []

    def step(index: int) -> None:
        batch = next(iter(training.batches.epoch(LATE, start_step=index % batches)))
        partners = None if batch.partners is None else batch.partners.contiguous()
        batch = replace(batch, views=tuple(view.contiguous() for view in batch.views), partners=partners)
        losses = method(batch, Clock(LATE, 200, index % batches, batches, 200)).losses
        plain.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        plain.step()
        seen[:] = [loss.item() for loss in losses.values()]

    return step


def interleaved(loops: dict[str, Callable[[int], None]], machine: Machine, repeats: int, steps: int) -> dict[str, list[float]]:
    """Seconds of ``steps`` steps per repeat; the loops take turns, so that whatever slows the machine slows them all."""
    clock = _clock(machine)
    for step in loops.values():
        for index in range(2):
            step(index)
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for repeat in range(repeats):
        for name, step in loops.items():
            _synchronise(machine)
            began = clock()
            for index in range(steps):
                step(repeat * steps + index)
            _synchronise(machine)
            seconds[name].append(clock() - began)
    return seconds


def _clock(machine: Machine) -> Callable[[], float]:
    return time.process_time if machine.device.type == "cpu" and machine.threads == 1 else time.perf_counter


def _synchronise(machine: Machine) -> None:
    if machine.device.type == "cuda":
        torch.cuda.synchronize(machine.device)


def _median_ratio(upper: Sequence[float], lower: Sequence[float]) -> float:
    """Median over repeats of the ratio within a repeat."""
    return statistics.median(one / other for one, other in zip(upper, lower, strict=True))


def report(found: dict[str, Any]) -> str:
    """Both tables as Markdown."""
    facts = found["facts"]
    where = facts["hardware"]
    flags = " ".join(where["cpu_flags"])
    lines = [
        f"{where['gpu'] or where['cpu']} ({flags}), {where['threads']} thread(s), torch {facts['versions']['torch']}, "
        f"{facts['clock']}, median of {facts['repeats']}.",
        "",
        "| backbone | batch | loop | images/s | times the plain loop |",
        "|---|---|---|---|---|",
    ]
    for row in found["loops"]:
        for name, speed in row["images_per_second"].items():
            gain = f"{row['gain'][name]:.2f}" if name in row["gain"] else "1"
            lines.append(f"| `{row['backbone']}` | {row['batch']} | {name} | {speed:.0f} | {gain} |")
    methods = found["methods"]
    if not methods["rows"]:
        return "\n".join(lines)
    lines += [
        "",
        f"`{methods['backbone']}`, teachers `{methods['teacher'] or methods['backbone']}`, batch {methods['batch']}, "
        f"{facts['precision']}:",
        "",
        "| method | times the plain loop | a step, baseline = 1 | counted | measured / counted |",
        "|---|---|---|---|---|",
    ]
    for name, row in sorted(methods["rows"].items()):
        ratio = row["measured"] / row["counted"]
        mark = " *" if abs(ratio - 1) > 0.15 else ""
        gains = ", ".join(f"{gain:.2f}" + ("" if words == "plain" else f" ({words})") for words, gain in row["gain"].items())
        lines.append(f"| `{name}` | {gains} | {row['measured']:.2f} | {row['counted']:.2f} | {ratio:.2f}{mark} |")
    known = [row["gain"]["plain"] for row in methods["rows"].values()]
    lines += ["", f"Geometric mean over {len(known)} methods: {statistics.geometric_mean(known):.2f} times the plain loop."]
    return "\n".join(lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loops", nargs="*", default=["resnet32_cifar", "resnet18_cifar"], help="backbones of the first table")
    parser.add_argument("--batch", type=int, default=128, help="images per step of the first table")
    parser.add_argument("--steps", type=int, default=2, help="steps per repeat of the first table")
    parser.add_argument("--backbone", default="resnet32_cifar", help="of the second table")
    parser.add_argument("--teacher", default="", help="backbone of the teachers; absent means the student's")
    parser.add_argument("--methods", nargs="*", default=sorted(method_files()), help="of the second table")
    parser.add_argument("--method-batch", type=int, default=32, help="images per step of the second table")
    parser.add_argument("--method-steps", type=int, default=2, help="steps per repeat of the second table")
    parser.add_argument("--authors", type=Path, help="a file that steps the authors' code, see above")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
