"""A job: the seeds of one cell, trained in one process, one after the other or several in turn, a record each."""

from __future__ import annotations

import math
import os
import traceback
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from bench.data import Dataset, load_dataset
from bench.jobs.environment import commit_of, git_state, hardware, versions
from bench.jobs.launch import REQUEUE, stopped_by_signals
from bench.jobs.screen import screen
from bench.jobs.teachers import TeacherWithoutResult, load_teachers
from bench.methods import load_method
from bench.plan import BenchError, Plan, Run, parse_run
from bench.plan.datakeys import DATA_CACHE
from bench.plan.files import clear_temporaries
from bench.records.failures import forget, note, said
from bench.records.files import set_aside
from bench.records.fingerprint import fingerprint, fingerprint_after, source_digests
from bench.records.hits import Hits
from bench.records.record import SCHEMA, NewerRecord, UnwritableRecord, read_record, write_record
from bench.train import Group, Interrupted, Loop, Machine, Outcome, Snapshots, Training, Turns, build_training, take_turns
from bench.train.checkpoint import save_checkpoint
from bench.train.flops import Flops, count_flops
from bench.train.memory import free_memory, keep_freed_memory
from bench.train.pretrained import digest_of_weights
from bench.train.progress import standard_error_unless_a_terminal

TERMINAL = Path("results/work/terminal.lock")


class Job:
    """Trains runs that share a cell; the dataset is loaded once.

    A run whose finished record lies in its workspace with the same fingerprint is published again, not trained again:
    Snakemake deletes the declared outputs of a job of which one seed failed.
    """

    def __init__(self, plan: Plan, runs: Sequence[Run], log: Path | None = None) -> None:
        self.plan = plan
        self.runs = list(runs)
        self.log = log
        keep_freed_memory()
        settings = plan.settings
        self.group = Group.here()
        device = self.group.device(settings.device)
        self.machine = Machine.of(
            device, plan.precision, settings.threads, settings.workers, settings.convolutions, settings.cuda_graphs
        )
        config: dict[str, Any] = plan.resolve(self.runs[0])
        whole = load_dataset(
            config["data"]["name"], config["data"]["size"], config["data"]["options"], settings.data_dir, DATA_CACHE
        )
        self.dataset: Dataset = whole.held_out(config["recipe"].get("validation"))
        self._stop = False
        self._counted: Flops | None = None

    def work(self) -> int:
        """Train every run; returns the exit code: 0, 1 if a run could not be tried, 75 if a signal stopped the job.

        A run that breaks off (out of memory, an exception of its method) is tried: it leaves a record that says so.
        """
        code, together = 0, self.plan.settings.seeds_at_once if self.group.size == 1 else 1
        with stopped_by_signals(self._ask_to_stop), self.group.joined(self.machine.device):
            for first in range(0, len(self.runs), together):
                tries = [self._tried(run) for run in self.runs[first : first + together]]
                code = max(code, *take_turns(tries, self.machine.device))
                if code == REQUEUE:
                    break
        return code

    def _tried(self, run: Run) -> Turns[int]:
        try:
            yield from self._run(run)
        except Interrupted:
            print(f"{run.id}: stopped by a signal; its checkpoint is written, the same command continues")
            return REQUEUE
        except BenchError as error:
            print(f"{run.id}: {error}")
            return 1
        except OSError as error:  # a full disk, a lost mount: of the machine and not of the run
            print(f"{run.id}: {error.filename or 'a file'}: {error.strerror or error}")
            return 1
        return 0

    def _run(self, run: Run) -> Turns[None]:
        workspace = Path(run.workspace)
        workspace.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(workspace / "lock", timeout=0) if self.group.first else nullcontext():
                if self.group.first:  # of writers that were killed; none is at work under this lock
                    clear_temporaries(workspace)
                    clear_temporaries(Path(run.record).parent, Path(run.record).name)
                yield from self._run_alone(run, workspace)
        except Timeout:
            raise BenchError(f"another process is training it (its lock is {workspace / 'lock'})") from None

    def _run_alone(self, run: Run, workspace: Path) -> Turns[None]:
        done = workspace / "record.json"
        before = self._record_before(run, done)
        if before and self._still_holds(run, before, workspace):
            if self.group.first:
                write_record(Path(run.record), before)
            return
        try:
            record = yield from self._trained(run, workspace)
        except (Interrupted, BenchError, OSError):
            raise
        except TeacherWithoutResult as error:
            record = self._without_result(run, error.status, str(error))
        except Exception as error:
            if self.group.size > 1:
                raise  # the other processes wait for this one: all have to end
            traceback.print_exc()
            record = self._without_result(run, "failed", said(error))
        if not self.group.first:
            return
        record["attempt"] = before.get("attempt", 0) + (before.get("status") == "failed")
        try:
            write_record(done, record)
        except UnwritableRecord as error:  # of what a method reports: trained, and no result
            record = {**self._without_result(run, "failed", said(error)), "attempt": record["attempt"]}
            write_record(done, record)
        write_record(Path(run.record), record)
        if record["status"] == "failed":
            note(run, record["reason"])
            print(f"{run.id}: failed ({record['reason']}); its record says so, the next call tries again")
            free_memory()
            return
        forget(run)
        (workspace / "checkpoint.pt").unlink(missing_ok=True)

    def _record_before(self, run: Run, path: Path) -> dict[str, Any]:
        """The record that an earlier call left in the workspace; empty if there is none that can be read."""
        if not path.exists():
            return {}
        try:
            return read_record(path)
        except NewerRecord:
            raise
        except BenchError as error:
            print(f"{run.id}: {error}; set aside, training again")
            set_aside(path)
            return {}

    def _still_holds(self, run: Run, record: dict[str, Any], workspace: Path) -> bool:
        """Whether an earlier record is this run's result: trained to its end, of the same config and pixels, weights kept.

        One of other code holds too, unless the settings say that changed code re-runs; the reports mark it.
        """
        expected = fingerprint(self.plan, run)
        strict = self.plan.settings.rerun_on_code_change == "yes"
        found = record["fingerprint"]
        same = found == expected if strict else found["config"] == expected["config"]
        trained = record["status"] == "finished" or (record["status"] == "diverged" and bool(record["cost"]))
        kept = record["status"] != "finished" or (workspace / run.weights.name).exists() or not self._keeps_weights(run)
        if not (same and trained and kept and record["data"]["digest"] == self.dataset.digest):
            return False
        theirs = {**self.plan.resolve(run), "fingerprint": record["fingerprint"], "data_digest": self.dataset.digest}
        snapshots = Snapshots(workspace, self.plan.snapshots(run))
        return record["status"] == "diverged" or not snapshots.lacking(math.inf, theirs)

    def _trained(self, run: Run, workspace: Path) -> Turns[dict[str, Any]]:
        """Train a run to its end, pausing after every step; returns its record, its weights are written."""
        config: dict[str, Any] = self.plan.resolve(run)
        teachers, facts = load_teachers(self.plan, run)
        taught = sum(fact.pop("seconds") for fact in facts.values())
        codes = {role: fact["fingerprint"]["code"] for role, fact in facts.items()}
        found = fingerprint_after(self.plan, run, codes)
        # A checkpoint continues only what it began: the same config, code, teachers and pixels.
        identity = {**config, "fingerprint": found, "data_digest": self.dataset.digest}
        folder = Path(self.plan.settings.data_dir) / "weights" if self.plan.settings.data_dir else None
        begun_with = digest_of_weights(config["recipe"].get("pretrained", ""), folder)
        identity |= {"pretrained_digest": begun_with} if begun_with else {}
        plugins = self.plan.settings.plugins
        training = build_training(identity, self.dataset, teachers, self.machine, plugins, self.group, folder)
        outcome = yield from self._train(run, training, workspace, Snapshots(workspace, self.plan.snapshots(run)))
        record = self._record(config, outcome, found, training.params)
        record["hardware"]["updates"] = training.update.how
        record["teachers"] = facts
        if facts:
            record["cost"]["teacher_seconds"] = round(taught, 3)
        record["weights"] |= {"pretrained_sha256": begun_with} if begun_with else {}
        if self.group.first and outcome.status == "finished":
            if self._keeps_weights(run):
                state = {"net": training.method.export()}
                kept = {"file": run.weights.name, "sha256": save_checkpoint(workspace / run.weights.name, state)}
                record["weights"] |= kept
            record["cost"] |= self._flops(training)
        return record

    def _without_result(self, run: Run, status: str, reason: str) -> dict[str, Any]:
        """The record of a run that gives no number and was not trained to an end."""
        nothing = Outcome(status, reason, {}, {}, {})
        config: dict[str, Any] = self.plan.resolve(run)
        return self._record(config, nothing, fingerprint(self.plan, run), config["method"]["params"])

    def _train(self, run: Run, training: Training, workspace: Path, snapshots: Snapshots) -> Turns[Outcome]:
        epochs = training.config["recipe"]["epochs"]
        echo = () if self.log or not self.group.first else standard_error_unless_a_terminal()
        log = Path(os.devnull) if not self.group.first else self.log or workspace / "log.txt"
        board = self.plan.settings.tensorboard and self.group.first
        with log.open("a", encoding="utf-8") as lines, screen(run, epochs, (lines, *echo), TERMINAL, board) as progress:
            loop = Loop(
                training,
                self.machine,
                workspace / "checkpoint.pt",
                progress,
                checkpoint_seconds=self.plan.settings.checkpoint_seconds,
                snapshots=snapshots,
                stop=lambda: self._stop,
                group=self.group,
            )
            yield from loop.steps()
        assert loop.outcome is not None
        return loop.outcome

    def _flops(self, training: Training) -> dict[str, float]:
        """Counted once for all seeds: they share the cell."""
        if self._counted is None:
            self._counted = count_flops(training)
        counted = self._counted
        return {"flops": round(counted.forward), "extra_flops": round(counted.extra), "step_flops": round(counted.step)}

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
        self, config: dict[str, Any], outcome: Outcome, fingerprint: dict[str, str], params: dict[str, Any]
    ) -> dict[str, Any]:
        dataset = self.dataset
        settings = self.plan.settings
        hits = {"hits": Hits.of(outcome.hits, dataset.digest).fields()} if outcome.hits else {}
        return {
            "schema": SCHEMA,
            "run": config["run"],
            "status": outcome.status,
            "reason": outcome.reason,
            "metrics": outcome.metrics,
            **hits,
            "curve": outcome.curve,
            "cost": outcome.cost,
            "config": {**config, **self._form(), "method": {**config["method"], "params": params}},
            "fingerprint": fingerprint,
            "sources": source_digests(config, settings.plugins),
            "data": {
                "name": dataset.name,
                "digest": dataset.digest,
                "stand_in": dataset.stand_in,
                "classes": list(dataset.classes),
                "train": len(dataset.train),
                "test": 0 if dataset.test is None else len(dataset.test),
                "test_evaluations": _evaluations(outcome.curve, "test_"),
                **({} if dataset.validation is None else {"validation": len(dataset.validation)}),
            },
            "claims": self._claims(config),
            "teachers": {},
            "weights": {},
            "precision": self.machine.precision,
            "hardware": {
                **hardware(str(self.machine.device), self.machine.threads),
                "devices": self.group.size,
                "seeds_at_once": settings.seeds_at_once,
                "runs_per_gpu": settings.runs_per_gpu,
            },
            "versions": versions(),
            "git": git_state(),
        }

    def _claims(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """How this number will be judged, as fixed before it was there."""
        cell, settings = parse_run(config["run"]).cell, self.plan.settings
        fixed = self.plan.paper(cell.paper).claims(cell.dataset)
        return {**fixed, "looks": settings.looks, "commit": commit_of(settings.paper_file(cell.paper))}

    def _form(self) -> dict[str, str]:
        """The form of the convolutions, which ``auto`` leaves to the machine; nothing where it is the library's."""
        form = self.machine.convolutions
        return {"convolutions": form} if form != "library" else {}

    def _ask_to_stop(self) -> None:
        """Have the training write its checkpoint and stop."""
        self._stop = True


def _evaluations(curve: Mapping[str, Sequence[float]], side: str) -> int:
    """After how many epochs a side was scored."""
    return max((sum(map(math.isfinite, column)) for name, column in curve.items() if name.startswith(side)), default=0)
