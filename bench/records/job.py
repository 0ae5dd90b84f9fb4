"""A job: the seeds of one cell, trained one after the other in one process, a record each."""

from __future__ import annotations

import math
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bench.backbones import Network
from bench.data import Dataset, load_dataset
from bench.methods import load_method
from bench.plan import BenchError, Plan, Run
from bench.records.environment import git_state, hardware, versions
from bench.records.fingerprint import fingerprint, source_digests
from bench.records.record import SCHEMA, read_record, write_record
from bench.train import Interrupted, Machine, Outcome, Snapshots, Training, build_student, build_training, train_run
from bench.train.allocator import keep_freed_memory
from bench.train.checkpoint import load_checkpoint, save_checkpoint
from bench.train.flops import Flops, count_flops
from bench.train.progress import reporter, standard_error_unless_a_terminal

REQUEUE = 75  # EX_TEMPFAIL: stopped by a signal, the checkpoint is written, run again
DATA_CACHE = Path("results/data")
TERMINAL = Path("results/work/terminal.lock")


class Job:
    """Trains runs that share a cell; the data set is loaded once.

    A run whose finished record lies in its workspace with the same fingerprint is published again, not trained again:
    Snakemake deletes the declared outputs of a job of which one seed failed.
    """

    def __init__(self, plan: Plan, runs: Sequence[Run], log: Path | None = None) -> None:
        self.plan = plan
        self.runs = list(runs)
        self.log = log
        keep_freed_memory()
        settings = plan.settings
        self.machine = Machine.of(settings.device, settings.precision, settings.threads)
        config: dict[str, Any] = plan.resolve(self.runs[0])
        self.dataset: Dataset = load_dataset(
            config["data"]["name"], config["data"]["size"], config["data"]["options"], settings.data_dir, DATA_CACHE
        )
        self._stop = False
        self._counted: Flops | None = None

    def work(self) -> int:
        """Train every run; returns the exit code: 0, 1 if a run could not be trained, 75 if a signal stopped the job."""
        code = 0
        with self._signals():
            for run in self.runs:
                try:
                    self._run(run)
                except Interrupted:
                    print(f"{run.id}: stopped by a signal; its checkpoint is written, the same command continues")
                    return REQUEUE
                except BenchError as error:
                    print(f"{run.id}: {error}")
                    code = 1
                except Exception:
                    traceback.print_exc()
                    print(f"{run.id}: failed; the other seeds of this job go on")
                    code = 1
        return code

    def _run(self, run: Run) -> None:
        workspace = Path(run.workspace)
        workspace.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(workspace / "lock", timeout=0):
                self._run_alone(run, workspace)
        except Timeout:
            raise BenchError(f"another process is training it (its lock is {workspace / 'lock'})") from None

    def _run_alone(self, run: Run, workspace: Path) -> None:
        mark = fingerprint(self.plan, run)
        config: dict[str, Any] = self.plan.resolve(run)
        # A checkpoint continues only what it began: the same config, code, teachers and pixels.
        identity = {**config, "fingerprint": mark, "data_digest": self.dataset.digest}
        snapshots = Snapshots(workspace, self.plan.snapshots(run))
        done = workspace / "record.json"
        if done.exists():
            try:
                record = read_record(done)
                kept = (workspace / "weights.pt").exists() or not self._keeps_weights(run)
                same = record["fingerprint"] == mark and record["data"]["digest"] == self.dataset.digest
                if kept and same and (record["status"] == "diverged" or not snapshots.lacking(math.inf, identity)):
                    write_record(Path(run.record), record)
                    return
            except BenchError as error:
                print(f"{run.id}: {error}; training again")
        teachers, facts = self._teachers(run)
        training = build_training(identity, self.dataset, teachers, self.machine, self.plan.settings.plugins)
        outcome = self._train(run, training, workspace, snapshots)
        record = self._record(run, config, training, outcome, mark)
        record["teachers"] = facts
        if self._keeps_weights(run):
            state = {"net": training.method.export()}
            record["weights"] = {"file": "weights.pt", "sha256": save_checkpoint(workspace / "weights.pt", state)}
        record["cost"] |= self._flops(training)
        write_record(done, record)
        write_record(Path(run.record), record)
        (workspace / "checkpoint.pt").unlink(missing_ok=True)

    def _train(self, run: Run, training: Training, workspace: Path, snapshots: Snapshots) -> Outcome:
        epochs = training.config["recipe"]["epochs"]
        echo = () if self.log else standard_error_unless_a_terminal()
        log = self.log or workspace / "log.txt"
        with log.open("a", encoding="utf-8") as lines, reporter(run.id, epochs, (lines, *echo), TERMINAL) as progress:
            return train_run(
                training,
                self.machine,
                workspace / "checkpoint.pt",
                progress,
                checkpoint_seconds=self.plan.settings.checkpoint_seconds,
                snapshots=snapshots,
                stop=lambda: self._stop,
            )

    def _flops(self, training: Training) -> dict[str, float]:
        """Counted once for all seeds: they share the cell."""
        if self._counted is None:
            self._counted = count_flops(training)
        return {"flops": round(self._counted.forward), "extra_flops": round(self._counted.extra)}

    def _teachers(self, run: Run) -> tuple[dict[str, Network], dict[str, Any]]:
        """The frozen networks of a student's teachers, and what its record says of them."""
        networks, facts = {}, {}
        for role, teacher in self.plan.teachers(run).items():
            if not Path(teacher.record).exists():
                raise BenchError(f"its teacher is not trained yet: python -m bench train {teacher.id}")
            record = read_record(Path(teacher.record))
            if record["status"] != "finished":
                raise BenchError(f"its teacher {teacher.id} is '{record['status']}': {record['reason']}")
            path = Path(teacher.workspace) / record["weights"].get("file", "weights.pt")
            if not path.exists():
                raise BenchError(f"the weights of its teacher {teacher.id} are gone; delete {teacher.record} and run again")
            network = build_student(self.plan.resolve(teacher), len(record["data"]["classes"]))
            network.net.load_state_dict(load_checkpoint(path)["net"])
            networks[role] = network
            facts[role] = {
                "run": teacher.id,
                "fingerprint": record["fingerprint"],
                "weights": record["weights"].get("sha256", ""),
            }
        return networks, facts

    def _keeps_weights(self, run: Run) -> bool:
        """Whether another run learns from this one, or the user wants to export it."""
        variants = self.plan.paper(run.cell.paper).variants
        if (
            self.plan.settings.keep_weights
            and load_method(variants[run.cell.variant].method, self.plan.settings.plugins).trains
        ):
            return True
        return any(
            teacher.variant == run.cell.variant for variant in variants.values() for teacher in variant.teachers.values()
        )

    def _record(
        self, run: Run, config: dict[str, Any], training: Training, outcome: Outcome, mark: dict[str, str]
    ) -> dict[str, Any]:
        dataset = self.dataset
        settings = self.plan.settings
        return {
            "schema": SCHEMA,
            "run": run.id,
            "status": outcome.status,
            "reason": outcome.reason,
            "metrics": outcome.metrics,
            "curve": outcome.curve,
            "cost": outcome.cost,
            "config": {**config, "method": {**config["method"], "params": training.params}},
            "fingerprint": mark,
            "sources": source_digests(config, settings.plugins),
            "data": {
                "name": dataset.name,
                "digest": dataset.digest,
                "stand_in": dataset.stand_in,
                "classes": list(dataset.classes),
                "train": len(dataset.train.labels),
                "test": len(dataset.test.labels),
            },
            "teachers": {},
            "weights": {},
            "precision": self.machine.precision,
            "hardware": hardware(str(self.machine.device), self.machine.threads),
            "versions": versions(),
            "git": git_state(),
        }

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask the training to write its checkpoint and stop."""

        def ask(number: int, frame: object) -> None:
            self._stop = True

        kept = {name: signal.signal(name, ask) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for name, handler in kept.items():
                signal.signal(name, handler)
