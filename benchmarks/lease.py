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
import json
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.data import Dataset, ImageSet
from bench.jobs.environment import hardware, versions
from bench.methods import Clock, load_method
from bench.plan import Plan, load_settings
from bench.plan.catalogue import ROOT, method_files
from bench.plan.metrics import USUAL_TASK
from bench.tasks import build_network
from bench.testing.candidate import Candidate
from bench.train import Machine, Training, build_training, take_turns
from bench.train.meters import EpochMeter
from benchmarks.lease_trainings import DRY, PRIORITY, finished, jobs_of, one_of_each_method, pack, train_until, unpack
from benchmarks.throughput import CLASSES, LATE, RECIPE, _synchronise, plain_step, training_on_noise

METHODS = ("baseline", "kd", "dlb", "cskd", "frskd", "one", "tfkd", "self_guidance")
WAYS = ("plain", "as they come", "replayed", "replayed in fp32", "side by side")
TIMED = ("throughput", "profile", "processes", "peers")
AT_ONCE = ("tests", "demo", "trainings", "equality")
NETWORKS = ("resnet32_cifar", "resnet18_cifar", "wrn16_2")
SEEDS = 5
MOST_SHOWN = 15  # kernels of a profile
WARM = 15  # seconds that a process has until it counts
WINDOW = 4  # seconds in which processes count


@dataclass
class Lease:
    """The time there is, and where figures go."""

    seconds: float
    out: Path
    device: str
    began: float
    timed: float
    grace: float

    def say(self, part: str, **facts: Any) -> None:
        """Print a figure and append it to ``lease.jsonl``, so that nothing is lost with the machine."""
        line = json.dumps({"part": part, "at": round(time.monotonic() - self.began, 1), **facts})
        print(line, flush=True)
        with (self.out / "lease.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def left(self, part: str) -> float:
        """Seconds until a part has to end."""
        end = self.seconds * self.timed if part in TIMED else self.seconds - self.grace
        return self.began + end - time.monotonic()


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
        "equality": lambda: equality(lease, [name for name in _recordable() if name in (options.methods or _recordable())]),
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
    records = [json.loads(Path(run.record).read_text(encoding="utf-8")) for run in finished(jobs)]
    metrics = {record["run"]: [record["hardware"].get("updates"), record["metrics"]] for record in records}
    lease.say("demo", wrong={name: end for name, end in ended.items() if end["code"]}, asked=len(jobs), metrics=metrics)


def throughput(lease: Lease, machine: Machine, options: argparse.Namespace) -> None:
    """Images per second of every way to run a step; the ways take turns."""
    eager = Machine.of(lease.device, machine.precision, 1, cuda_graphs="no")
    exact = Machine.of(lease.device, "fp32", 1, cuda_graphs="yes")
    for network in options.networks:
        for name in options.methods or METHODS:
            if lease.left("throughput") < 0:
                lease.say("throughput", network=network, method=name, skipped="no time left")
                continue
            ways: dict[str, Any] = {} if name != "baseline" else {"plain": _plain(network, machine, options)}
            ways["as they come"] = [_training(name, network, eager, options, 0)]
            ways["replayed"] = [_training(name, network, machine, options, 0)]
            ways["replayed in fp32"] = [_training(name, network, exact, options, 0)]
            ways["side by side"] = [_training(name, network, machine, options, seed) for seed in range(options.seeds)]
            ways = {way: made for way, made in ways.items() if way in options.ways}
            hows = {way: made[0].update.how for way, made in ways.items() if way != "plain"}
            lease.say("throughput", network=network, method=name, ran=hows, images_per_second=_measured(ways, machine, options))


def peers(lease: Lease, options: argparse.Namespace) -> None:
    """What the scripts print that time the authors' own loops."""
    for script in sorted(options.peers.glob("*.py")) if options.peers else ():
        done = subprocess.run([sys.executable, str(script), lease.device], capture_output=True, text=True, timeout=60)
        lease.say("peers", script=script.name, code=done.returncode, printed=done.stdout[-1500:])


@contextmanager
def multi_process_service() -> Iterator[bool]:
    """NVIDIA's MPS, through which processes share a GPU at the same time; whether it could be started."""
    control = shutil.which("nvidia-cuda-mps-control")
    started = bool(control) and subprocess.run([str(control), "-d"], capture_output=True).returncode == 0
    try:
        yield started
    finally:
        if started:
            subprocess.run([str(control)], input=b"quit\n", capture_output=True, timeout=60)


def profile(lease: Lease, machine: Machine, options: argparse.Namespace) -> None:
    """What a replayed step of the baseline does on the device: kernels, their time, and which take most of it."""
    if lease.device == "cpu":
        return
    for network in options.networks:
        training = _training("baseline", network, machine, options, 0)
        _turn([_epoch(training, LATE)], machine)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as seen:
            _turn([_epoch(training, LATE)], machine)
            _synchronise(machine)
        kernels = [each for each in seen.key_averages() if each.self_device_time_total > 0]
        most = sorted(kernels, key=lambda each: -each.self_device_time_total)[:MOST_SHOWN]
        shown = [
            [each.key[:80], each.count / options.steps, round(each.self_device_time_total / options.steps)] for each in most
        ]
        count, time_us = sum(each.count for each in kernels), sum(each.self_device_time_total for each in kernels)
        facts = {"kernels": round(count / options.steps, 1), "microseconds": round(time_us / options.steps)}
        lease.say("profile", network=network, **facts, name_count_microseconds=shown)


def processes(lease: Lease, options: argparse.Namespace) -> None:
    """Images per second of as many processes as there are seeds side by side, sharing the GPU by turns and through MPS."""
    _processes(lease, options, "by turns")
    with multi_process_service() as started:
        if started:
            _processes(lease, options, "MPS")


def _processes(lease: Lease, options: argparse.Namespace, sharing: str) -> None:
    """Start them together; each takes steps until the same moment has come, and then counts for the same seconds."""
    begin = time.monotonic() + WARM
    command = [sys.executable, "-m", "benchmarks.lease", "--window", str(begin), "--networks", NETWORKS[0]]
    words = ["--batch", str(options.batch), "--steps", str(options.steps), "--out", str(lease.out), *["--dry"][: options.dry]]
    children = [subprocess.Popen([*command, *words], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(options.seeds)]
    try:
        printed = [child.communicate(timeout=2 * WARM + WINDOW)[0] for child in children]
    finally:
        for child in children:
            child.kill()
    speeds = [float(each) for each in printed]
    total = round(sum(speeds), 1)
    lease.say("processes", network=NETWORKS[0], method="baseline", sharing=sharing, each=speeds, images_per_second=total)


def window(options: argparse.Namespace, machine: Machine) -> None:
    """Print the images per second of replayed steps of the baseline in a window that other processes count in too."""
    training, images = _training("baseline", options.networks[0], machine, options, 0), 0
    while time.monotonic() < options.window:
        _turn([_epoch(training, LATE)], machine)
    _synchronise(machine)
    began = time.monotonic()
    while time.monotonic() < options.window + WINDOW:
        images += _turn([_epoch(training, LATE)], machine)
        _synchronise(machine)
    print(round(images / (time.monotonic() - began), 1))


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
            deadline, plan, jobs, settings, options.processes, Path("logs/lease"), options.gib or _room(lease.device)
        )
    records = [json.loads(Path(run.record).read_text(encoding="utf-8")) for run in finished(jobs)]
    costs = {each["run"]: [each["cost"][key] for key in ("train_seconds", "peak_memory_mb")] for each in records}
    lease.say("trainings", mps=started, ended=ended, finished=costs, **use)
    lease.say("packed", **pack(Path(), lease.out, options.pack_mib * 2**20))


def _room(device: str) -> float:
    """Most of a GPU's memory, in GiB; without one, enough."""
    return 1e3 if device == "cpu" else 0.85 * torch.cuda.mem_get_info()[1] / 2**30


@contextmanager
def watched(device: str) -> Iterator[dict[str, float]]:
    """Look at a GPU every second; at the end holds the most memory in use (GiB) and the median share of time it was busy."""
    found: dict[str, float] = {}
    held, busy, over = [0.0], [0.0], threading.Event()

    def look() -> None:
        while not over.wait(1):
            free, whole = torch.cuda.mem_get_info()
            held.append((whole - free) / 2**30)
            busy.append(torch.cuda.utilization())

    watcher = threading.Thread(target=look, daemon=True)
    if device != "cpu":
        watcher.start()
    try:
        yield found
    finally:
        over.set()
        found.update(gib=round(max(held), 1), busy_percent=statistics.median(busy))


def _recordable() -> list[str]:
    kinds = {name: load_method(name) for name in method_files()}
    return sorted(name for name, kind in kinds.items() if kind.trains and kind.steady and USUAL_TASK in kind.tasks)


def _training(name: str, network: str, machine: Machine, options: argparse.Namespace, seed: int) -> Training:
    """A training on noise that lies on the device."""
    config = {
        "run": f"lease/{name}",
        "recipe": {**RECIPE, "batch_size": options.batch},
        "backbone": {"name": network, "width": 1.0, "options": {}},
        "method": {"name": name, "params": {}},
        "seed": seed,
    }
    draw = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (options.steps * options.batch, 3, 32, 32), dtype=torch.uint8, generator=draw)
    noise = ImageSet(images, torch.arange(len(images)) % CLASSES)
    teachers = {role: build_network(network, CLASSES) for role in load_method(name).teacher_roles}
    made = build_training(config, Dataset("noise", tuple("0123456789"), True, noise, noise, ""), teachers, machine)
    made.method.train()
    return made


def _epoch(training: Training, epoch: int) -> Generator[None, None, int]:
    """An epoch as the loop takes it, pausing after every step; returns its images."""
    meter, steps = EpochMeter(), len(training.batches)
    for step, batch in enumerate(training.batches.epoch(epoch)):
        torch.manual_seed(step)
        meter.add(training.update(batch, Clock(epoch, 200, step, steps, 200)))
        yield
    meter.means(training.train_score)
    return meter.images


def _turn(epochs: list[Generator[None, None, int]], machine: Machine) -> int:
    return sum(take_turns(epochs, machine.device))


def _plain(network: str, machine: Machine, options: argparse.Namespace) -> Callable[[], int]:
    plain = replace(machine, precision="fp32", convolutions="library", graphs=False)
    step = plain_step(training_on_noise("baseline", network, plain, options.batch))

    def epoch() -> int:
        for index in range(options.steps):
            step(index)
        return int(options.steps * options.batch)

    return epoch


def _measured(ways: dict[str, Any], machine: Machine, options: argparse.Namespace) -> dict[str, Any]:
    """Median, lowest and highest images per second of each way, after an epoch that nothing is measured of."""

    def turn(way: Any) -> int:
        return way() if callable(way) else _turn([_epoch(each, LATE) for each in way], machine)

    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(options.repeats + 1):
        for name, way in ways.items():
            _synchronise(machine)
            began = time.perf_counter()
            images = turn(way)
            _synchronise(machine)
            if repeat:
                speeds[name].append(images / (time.perf_counter() - began))
    return {name: [round(each(values), 1) for each in (statistics.median, min, max)] for name, values in speeds.items()}


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
