"""The machine of a lease: the time there is, who shares the GPU, how much of it is in use."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

TIMED = ("throughput", "profile", "processes", "peers")


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


def room(device: str) -> float:
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
