"""Inputs, params and resources of the workflow's rules, from the settings and the records that are there.

Imports no torch and no Snakemake. Only :meth:`Flow.start` and :meth:`Flow.write_settings` change files; no dry run calls them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.plan import BenchError, JobBatch, Plan, Run, batches, parse_run, settings_from, tuning_batches
from bench.plan.comparison import is_trained, name_of
from bench.plan.costs import device_named
from bench.plan.errors import listed_words
from bench.plan.estimate import Estimates
from bench.plan.limits import Limits
from bench.plan.settings import settings_file, write_settings
from bench.probes import is_damaged, probe_fingerprint, probe_path
from bench.records.comparison import compared_tables, refuse_other_data, runs_of
from bench.records.failures import listed
from bench.records.files import set_aside
from bench.records.fingerprint import fingerprint
from bench.records.record import State, state_of
from bench.records.worklist import WaitingJob, write_worklist

Wildcards = Mapping[str, str]


def _ignore(path: str) -> None:
    """The answer to a damaged record where nobody has another one."""


class Flow:
    """The workflow of a config: what each rule reads, and what makes its jobs run again.

    Parameters
    ----------
    config
        Snakemake's ``config``, as ``config/config.yaml`` and ``--config`` make it.
    damaged
        Called once with the path of each damaged record or probe that a rule reads or makes; its job has to run again.

    Attributes
    ----------
    plan
        What the settings ask for.
    scale
        Its scale's name.
    papers
        The papers by name.
    tables, figures
        The names of every paper's tables and figures, sorted, each once.
    batches
        The batches of trainings, a rule each; the first one that can train a run does.
    tuning_batches
        Those of the tunings' trainings, which no other rule can train.
    compared
        The tables that a new method is compared in; none where the settings name no method.

    Raises
    ------
    BenchError
        If the settings, a paper or the scale are wrong.
    """

    def __init__(self, config: Mapping[str, Any], damaged: Callable[[str], None] = _ignore) -> None:
        self.plan = Plan(settings_from(config))
        self.scale = self.plan.scale.name
        self.papers = self.plan.papers
        self.tables = sorted({table for paper in self.papers.values() for table in paper.tables})
        self.figures = sorted({figure for paper in self.papers.values() for figure in paper.figures})
        self.batches = batches(self.plan)
        self.tuning_batches = tuning_batches(self.plan)
        self.plan.paper(self.plan.settings.paper)
        self.compared = compared_tables(self.plan) if self.plan.settings.new_method else []
        self._limits = Limits(self.plan)
        self._device = device_named(self.plan.settings.reference_device, self.plan.settings.gpus)
        self._damaged = damaged
        self._states: dict[str, State] = {}

    # --- trainings ---------------------------------------------------------------------------------------------------------

    def runs(self, batch: JobBatch, wildcards: Wildcards) -> list[Run]:
        """The runs that one training job covers."""
        return batch.runs(self.plan, wildcards)

    def run_ids(self, batch: JobBatch, wildcards: Wildcards) -> list[str]:
        """Their ids, as ``bench train`` takes them."""
        return [run.id for run in self.runs(batch, wildcards)]

    def data_manifests(self, batch: JobBatch, wildcards: Wildcards) -> list[str]:
        """The manifests of the decoded data that the job trains on; they hold its digest."""
        configs: list[Mapping[str, Any]] = [self.plan.resolve(run) for run in self.runs(batch, wildcards)]
        keys = {config["data"]["key"] for config in configs}
        return [f"results/data/{key}/manifest.json" for key in sorted(keys)]

    def teacher_records(self, batch: JobBatch, wildcards: Wildcards) -> list[str]:
        """The records of the runs that the job's runs learn from; its own records are looked at too."""
        runs = self.runs(batch, wildcards)
        self._looked_at(runs)
        return self._looked_at(sorted({teacher for run in runs for teacher in self.plan.teachers(run).values()}))

    def fingerprints(self, batch: JobBatch, wildcards: Wildcards) -> str:
        """What the job's results depend on; a change re-runs it and what learns from it.

        Which code trained them counts where the settings say so, and a failed run counts as another attempt.
        """
        strict = self.plan.settings.rerun_on_code_change == "yes"
        words = []
        for run in self.runs(batch, wildcards):
            found, state = fingerprint(self.plan, run), self._state(str(run.record))
            attempt = state.attempt + (state.kind == "failed")
            words.append(f"{found['config']}-{found['code']}" if strict else found["config"])
            words += [f"attempt{attempt}"] if attempt else []
        return " ".join(words)

    def snapshots(self, batch: JobBatch, wildcards: Wildcards) -> str:
        """The epochs whose states a job keeps for figures of networks; a new one re-trains the runs that it looks at."""
        kept = {run: self.plan.snapshots(run) for run in self.runs(batch, wildcards)}
        return " ".join(
            f"{run.id if batch.together else run.seed}:{','.join(map(str, epochs))}" for run, epochs in kept.items() if epochs
        )

    def memory_mb(self, batch: JobBatch, wildcards: Wildcards, attempt: int) -> int:
        """MiB that a cluster is asked for; a second attempt asks for more (only a profile makes one)."""
        return max(self._limits.memory_mb(runs, attempt) for runs in self._alike(batch, wildcards))

    def minutes(self, batch: JobBatch, wildcards: Wildcards, attempt: int) -> int:
        """Wall time in minutes that a cluster is asked for; every further attempt asks for as much again."""
        return max(self._limits.minutes(runs, attempt) for runs in self._alike(batch, wildcards))

    def gpus(self, batch: JobBatch, wildcards: Wildcards) -> int:
        """GPUs of the job; none where trainings use none."""
        return max(self._limits.gpus(runs) for runs in self._alike(batch, wildcards))

    def _alike(self, batch: JobBatch, wildcards: Wildcards) -> list[list[Run]]:
        """The runs of the jobs whose largest demand this one has: itself alone, or all that may share its array."""
        if not batch.apart:
            return [self.runs(batch, wildcards)]
        return [[cell.run(seed) for seed in batch.seeds] for cell in batch.apart]

    # --- tables and figures ------------------------------------------------------------------------------------------------

    def records(self, paper: str, item: str) -> list[str]:
        """The records that a table or figure shows."""
        return self._looked_at(self.plan.runs_shown(paper, item))

    def probe(self, paper: str, figure: str) -> list[str]:
        """The file of what a figure's networks show; none where it shows no networks."""
        if not self.plan.figure(paper, figure).probed:
            return []
        path = str(probe_path(self.plan, paper, figure))
        if path not in self._states:
            self._know(path, State("damaged" if is_damaged(Path(path)) else "done"))
        return [path]

    def probe_fingerprint(self, paper: str, figure: str) -> str:
        """A hash of a figure's layout and its probe's code; a change probes the networks again and trains nothing."""
        return probe_fingerprint(self.plan.figure(paper, figure))

    def paper_file(self, paper: str) -> str:
        """The YAML file of a paper."""
        return str(self.plan.settings.paper_file(paper))

    def printed_numbers(self, paper: str, table: str) -> list[str]:
        """The file of a table's printed numbers; none where the table is an arrangement of ours."""
        if not self.plan.table(paper, table).printed:
            return []
        return [str(self.plan.settings.reported_file(paper, table))]

    # --- tunings -----------------------------------------------------------------------------------------------------------

    def tuning_records(self, name: str) -> list[str]:
        """The records of a tuning's trainings."""
        return self._looked_at(dict.fromkeys(run for found in self.plan.tuning_runs(name).values() for run in found))

    def tuning_files(self, name: str) -> list[str]:
        """The YAML files of a tuning and of its paper."""
        tuning = self.plan.tuning(name)
        return [str(self.plan.settings.tunings / f"{name}.yaml"), self.paper_file(tuning.paper)]

    # --- a new method beside stored results --------------------------------------------------------------------------------

    def new_method(self, name: str) -> str:
        """The file of the new method, whose name is the target's.

        Raises
        ------
        BenchError
            If the settings name none, or another one.
        """
        known = name_of(self.plan.settings)
        if name != known:
            raise BenchError(f"new_method is '{self.plan.settings.new_method}': ask for reports/compare/{known}.html")
        return self.plan.settings.new_method

    def new_records(self, name: str) -> list[str]:
        """The records of the new method, none where it is given as numbers; no record of any other method is asked for."""
        self.new_method(name)
        if not is_trained(self.plan.settings):
            return []
        refuse_other_data(self.plan, self.compared, name)
        return self._looked_at(runs_of(self.plan, self.compared, name))

    def stored_files(self) -> list[str]:
        """The files of the stored results that it is compared with."""
        return sorted({str(self.plan.settings.stored_file(self.scale, each.paper.name)) for each in self.compared})

    # --- records as they are -----------------------------------------------------------------------------------------------

    @cached_property
    def settings_file(self) -> str:
        """The file that jobs take their settings from; another one re-runs nothing, as what matters is in the fingerprints."""
        return str(settings_file(self.plan.settings))

    def write_settings(self) -> None:
        """Write it, unless it is there."""
        write_settings(self.plan.settings)

    def start(self) -> None:
        """Before the first job: write the settings, and keep damaged records under another name.

        Snakemake deletes what a job is to make before the job runs.
        """
        self.write_settings()
        for path in [path for path, state in self._states.items() if state.kind == "damaged"]:
            set_aside(Path(path))

    def begin(self, planned: Iterable[tuple[Sequence[str], str]]) -> None:
        """Write down what there is to train, for ``bench status`` and the trainings' own lines: (runs, log) of each job."""
        estimates = Estimates(self.plan, self._device)
        jobs = []
        for runs, log in planned:
            seconds = sum(estimates.of(parse_run(run)).seconds for run in runs)
            jobs.append(WaitingJob(tuple(runs), log, seconds))
        write_worklist(jobs)

    def failed(self) -> str:
        """One line about the runs that gave no number this time; empty if there are none."""
        found = listed()
        if not found:
            return ""
        names = listed_words((run.id for run, _ in found), 5)
        return f"{len(found)} failed: {names}. Their cells say so; the same command tries again."

    def _looked_at(self, runs: Iterable[Run]) -> list[str]:
        """The paths of their records; what is damaged among them is reported."""
        paths = [str(run.record) for run in runs]
        for path in paths:
            self._state(path)
        return paths

    def _state(self, path: str) -> State:
        """A record as it was when the workflow started."""
        if path not in self._states:
            self._know(path, state_of(Path(path)))
        return self._states[path]

    def _know(self, path: str, state: State) -> None:
        self._states[path] = state
        if state.kind == "damaged":
            self._damaged(path)
