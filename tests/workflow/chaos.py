"""Random kills of trainings and of Snakemake itself, from a seed; then one clean run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from projects.workflow import Project

TARGETS = ("reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg")
CONFIG = ("checkpoint_seconds=0",)
TRAININGS = ("-m", "bench", "train")


@dataclass
class Chaos:
    """Kills what works in a project's folder, at moments drawn from a seed, and starts it again."""

    project: Project
    seed: int
    trainings: int = 0  # killed
    workflows: int = 0
    unlocks: int = 0
    log: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.trainings + self.workflows

    def rage(self, kills: int, longest: float) -> None:
        """Kill until ``kills`` are counted; one in three is Snakemake's own process, whose trainings live on as orphans."""
        draw = random.Random(self.seed)
        running = self.start()
        while self.kills < kills:
            if running.poll() is not None:
                if running.returncode == 0:
                    self.forget_a_result(draw)
                running = self.start()
            if draw.random() < 1 / 3:
                time.sleep(draw.uniform(0.0, longest))
                self.kill_workflow(running)
            else:
                while not self.working() and running.poll() is None:
                    time.sleep(0.02)
                time.sleep(draw.uniform(0.0, longest))
                victims = self.working()
                self.trainings += bool(victims) and _killed(draw.choice(victims))
        self.kill_workflow(running)

    def start(self) -> subprocess.Popen:
        return self.project.start_snakemake(*TARGETS, config=CONFIG)

    def kill_workflow(self, running: subprocess.Popen) -> None:
        if running.poll() is None and _killed(running.pid):
            running.wait()
            self.workflows += 1
            self.unlock()

    def calm(self) -> None:
        """Wait for the orphans to end."""
        while self.working():
            time.sleep(0.1)

    def unlock(self) -> None:
        """The one documented command after a kill of Snakemake."""
        done = self.project.snakemake("--unlock", *TARGETS)
        assert done.returncode == 0, done.stdout + done.stderr
        self.unlocks += 1

    def forget_a_result(self, draw: random.Random) -> None:
        """Everything is done before enough was killed: take a run's files away, so that it is trained again."""
        records = sorted(self.project.folder.glob("results/work/demo/**/record.json"))
        chosen = draw.choice(records)
        relative = chosen.parent.relative_to(self.project.folder / "results" / "work")
        chosen.unlink(missing_ok=True)
        (self.project.folder / "results" / "runs" / relative.with_name(relative.name + ".json")).unlink(missing_ok=True)
        for path in self.project.folder.glob("reports/**/*.*"):
            path.unlink()

    def working(self) -> list[int]:
        """Process numbers of this folder's trainings."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if entry.name.isdigit() and words[1:4] == list(TRAININGS) and (entry / "cwd").readlink() == self.project.folder:
                    found.append(int(entry.name))
            except OSError:  # ended meanwhile
                continue
        return sorted(found)


def _killed(process: int) -> bool:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
