"""Use a GPU that is lent for some minutes: is it right, how fast is it, then real trainings until shortly before the end.

    python -m benchmarks.lease --seconds 570 --out lease1 --data-dir shared/datasets
    python -m benchmarks.lease --seconds 570 --out lease2 --data-dir shared/datasets --continue-from lease1
    python -m benchmarks.lease --seconds 60 --out dry --dry

Alone, since it is timed: (1) images per second of a plain loop, of steps as they come, replayed, and of five seeds side by
side, for eight methods on three networks, (2) of as many processes, by turns and through NVIDIA's MPS, and what the scripts in
``--peers`` print. Then, at once: (3) every method's weights after recorded and replayed steps against steps as they come; (4)
the tests that need a GPU; (5) a training of every method at scale ``demo``, by the command line; (6) trainings at scale
``paper`` by priority (``PRIORITY`` in lease_trainings.py), stopped cleanly. ``--out`` then holds ``lease.jsonl``, a line per
figure, and ``trainings.tgz.*``, from which the next lease continues. ``--dry`` does a little of all of it on a CPU.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.jobs.environment import hardware, versions
from bench.methods import load_method
from bench.plan import Plan, load_settings
from bench.plan.catalogue import ROOT, method_files
from bench.plan.metrics import USUAL_TASK
from bench.testing.candidate import Candidate
from bench.train import Machine, Training
from benchmarks.lease_machine import TIMED, Lease, multi_process_service, room, watched
from benchmarks.lease_timing import NETWORKS, WAYS, peers, processes, profile, throughput, window
from benchmarks.lease_trainings import DRY, PRIORITY, jobs_of, one_of_each_method, pack, records_of, train_until, unpack

AT_ONCE = ("tests", "demo", "trainings", "equality")
SEEDS = 5


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    device, began = "cpu" if options.dry else "cuda", time.monotonic()
    lease = Lease(options.seconds, options.out, device, began, options.timed, 0 if options.dry else options.grace)
    machine = Machine.of(lease.device, "auto", 1, cuda_graphs="yes")
    machine.prepare(fixed_shapes=True)
    if options.window:
        window(options, machine)
        return
    continued = unpack(options.continue_from, Path()) if options.continue_from else 0
    lease.say("machine", **hardware(lease.device, 1), **versions(), precision=machine.precision, continued_files=continued)
    parts: dict[str, Callable[[], None]] = {
        "throughput": lambda: throughput(lease, machine, options),
        "profile": lambda: profile(lease, machine, options),
        "processes": lambda: processes(lease, options),
        "peers": lambda: peers(lease, options),
        "tests": lambda: tests(lease),
        "demo": lambda: demo(lease, options),
        "trainings": lambda: trainings(lease, options),
        "equality": lambda: equality(lease, _recordable(options.methods)),
    }

    def take(name: str) -> None:
        if name not in options.parts:
            return
        try:
            parts[name]()
        except Exception as error:  # the rest of the lease is not lost with it
            lease.say(name, error=f"{type(error).__name__}: {error}")

    for name in TIMED:
        take(name)
    with ThreadPoolExecutor(len(AT_ONCE)) as pool:
        beside = [pool.submit(take, name) for name in AT_ONCE[:-1]]
        take(AT_ONCE[-1])
        for each in beside:
            each.result()
    lease.say("end")


def equality(lease: Lease, methods: list[str]) -> None:
    """The largest difference of a weight after five steps, replayed against as they come, in fp32 from the same start.

    With convolutions that repeat bit for bit; and beside it with those that a training has, where two runs of the steps as they
    come differ too.
    """
    cudnn = torch.backends.cudnn
    for name in methods:
        if lease.left("equality") < 0:
            lease.say("equality", method=name, skipped="no time left")
            continue
        candidate, found = Candidate(name), {}
        for kind, exact in (("repeatable", True), ("searched", False)):
            cudnn.deterministic, cudnn.benchmark = exact, not exact
            plain, again, recorded = (candidate.stepped(graphs, lease.device) for graphs in ("no", "no", "yes"))
            found[kind] = {"replayed": _difference(plain, recorded), "as they come, again": _difference(plain, again)}
        lease.say("equality", method=name, how=recorded.update.how, largest_difference=found)


def _difference(one: Training, other: Training) -> float:
    pairs = zip(one.method.parameters(), other.method.parameters(), strict=True)
    return max(float((first - second).detach().abs().max()) for first, second in pairs)


def tests(lease: Lease) -> None:
    """The suite's tests that are marked ``gpu``, in the files that have some; on a CPU they skip, so one file shows that."""
    files = sorted(file for file in (ROOT / "tests").rglob("test_*.py") if "mark.gpu" in file.read_text(encoding="utf-8"))
    where = ["tests/train/test_gpu.py"] if lease.device == "cpu" else [str(file.relative_to(ROOT)) for file in files]
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", *where]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=max(10, lease.left("tests")))
        lease.say("tests", code=done.returncode, tail=(done.stdout + done.stderr)[-6000:])
    except subprocess.TimeoutExpired as error:
        lease.say("tests", code=None, tail=str(error.stdout)[-6000:])


def demo(lease: Lease, options: argparse.Namespace) -> None:
    """A training of every method, by the command line: what fails brings the end of its log."""
    settings = {"scale": "demo", "device": lease.device}
    plan = Plan(load_settings([f"{key}={value}" for key, value in settings.items()]))
    jobs = one_of_each_method(plan, options.methods)[: 1 if options.dry else None]
    ended = train_until(time.monotonic() + lease.left("demo"), plan, jobs, settings, options.demo_processes, Path("logs/demo"))
    metrics = {each["run"]: [each["hardware"].get("updates"), each["metrics"]] for each in records_of(jobs)}
    lease.say("demo", wrong={name: end for name, end in ended.items() if end["code"]}, asked=len(jobs), metrics=metrics)


def trainings(lease: Lease, options: argparse.Namespace) -> None:
    """Real trainings until shortly before the end, then everything into few files."""
    settings = {
        "scale": "demo" if options.dry else "paper",
        "device": lease.device,
        "data_dir": options.data_dir,
        "checkpoint_seconds": 120,
        "seeds": list(range(10)),
        **({"new_method": options.new_method} if options.new_method else {}),
    }
    plan = Plan(load_settings([f"{key}={value}" for key, value in settings.items()]))
    jobs = jobs_of(plan, DRY if options.dry else PRIORITY)
    deadline = time.monotonic() + lease.left("trainings")
    with multi_process_service() if options.mps else nullcontext(False) as started, watched(lease.device) as use:
        ended = train_until(
            deadline, plan, jobs, settings, options.processes, Path("logs/lease"), options.gib or room(lease.device)
        )
    costs = {each["run"]: [each["cost"][key] for key in ("train_seconds", "peak_memory_mb")] for each in records_of(jobs)}
    lease.say("trainings", mps=started, ended=ended, finished=costs, **use)
    lease.say("packed", **pack(Path(), lease.out, options.pack_mib * 2**20))


def _recordable(asked: list[str]) -> list[str]:
    """The methods of classification whose steps are recorded; of those asked for, if any."""
    kinds = {name: load_method(name) for name in method_files() if not asked or name in asked}
    return sorted(name for name, kind in kinds.items() if kind.trains and kind.steady and USUAL_TASK in kind.tasks)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=570, help="of the lease, all parts together")
    parser.add_argument("--out", type=Path, required=True, help="folder for figures and packed trainings")
    parser.add_argument("--continue-from", type=Path, help="the folder that an earlier lease left")
    parser.add_argument("--data-dir", default="", help="copies of the data sets, as the setting data_dir")
    parser.add_argument("--peers", type=Path, help="folder of scripts that time the authors' own loops; each gets the device")
    parser.add_argument("--parts", nargs="*", default=[*TIMED, *AT_ONCE], choices=[*TIMED, *AT_ONCE])
    parser.add_argument("--methods", nargs="*", default=[], help="of equality, demo and throughput, in place of the usual ones")
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="seeds side by side")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20, help="of an epoch that is measured")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--processes", type=int, default=5, help="trainings at a time, each a process")
    parser.add_argument("--demo-processes", type=int, default=4, help="likewise of the part demo")
    parser.add_argument(
        "--gib", type=float, help="of the GPU's memory that trainings may take together, in place of most of it"
    )
    parser.add_argument(
        "--mps", action="store_true", help="trainings share the GPU through NVIDIA's MPS, where it can be started"
    )
    parser.add_argument("--grace", type=float, default=45, help="seconds before the end at which trainings are asked to stop")
    parser.add_argument("--window", type=float, help=argparse.SUPPRESS)  # a process of the part processes
    parser.add_argument("--timed", type=float, default=0.4, help="share of the time that is over when all is timed")
    parser.add_argument("--new-method", default="", help="a file with a method, trained where PRIORITY names it")
    parser.add_argument("--pack-mib", type=int, default=60, help="what may be packed")
    parser.add_argument("--dry", action="store_true", help="on a CPU, a little of everything")
    options = parser.parse_args()
    if options.dry:
        small = {"networks": ["resnet20_cifar"], "seeds": 2, "batch": 2, "steps": 3, "repeats": 1, "processes": 1}
        vars(options).update({**small, "methods": options.methods or ["baseline", "dlb"]})
    return options


if __name__ == "__main__":
    main()
