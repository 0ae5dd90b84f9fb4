"""What a lease times, nothing beside it: images per second of every way to run a step, kernels, processes, authors' loops."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import torch

from bench.data import Dataset, ImageSet
from bench.methods import Clock, load_method
from bench.plan.catalogue import ROOT
from bench.tasks import build_network
from bench.train import Machine, Training, build_training, take_turns
from bench.train.meters import EpochMeter
from benchmarks.lease_machine import Lease, multi_process_service
from benchmarks.throughput import CLASSES, LATE, RECIPE, _synchronise, plain_step, training_on_noise

METHODS = ("baseline", "kd", "dlb", "cskd", "frskd", "one", "tfkd", "self_guidance")
WAYS = ("plain", "as they come", "replayed", "replayed in fp32", "side by side")
NETWORKS = ("resnet32_cifar", "resnet18_cifar", "wrn16_2")
MOST_SHOWN = 15  # kernels of a profile
WARM = 15  # seconds that a process has until it counts
WINDOW = 4  # seconds in which processes count


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


def peers(lease: Lease, options: argparse.Namespace) -> None:
    """What the scripts print that time the authors' own loops."""
    for script in sorted(options.peers.glob("*.py")) if options.peers else ():
        done = subprocess.run([sys.executable, str(script), lease.device], capture_output=True, text=True, timeout=60)
        lease.say("peers", script=script.name, code=done.returncode, printed=done.stdout[-1500:])


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
