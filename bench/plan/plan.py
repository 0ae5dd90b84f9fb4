"""The plan: which runs a target needs, their teachers first, each run once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bench.plan.catalogue import backbone_facts, dataset_facts, is_gated, method_facts, method_files
from bench.plan.columns import cut_to
from bench.plan.comparison import is_trained, with_variant
from bench.plan.errors import BenchError, one_of
from bench.plan.figures import Figure, ProbedFigure, epoch_at
from bench.plan.hyperparameters import refuse_values
from bench.plan.metrics import USUAL_TASK
from bench.plan.needs import Known, refusal
from bench.plan.papers import load_paper, paper_names
from bench.plan.resolve import resolve, teachers_of
from bench.plan.scales import Scale, load_scale
from bench.plan.settings import Settings
from bench.plan.source import in_suite
from bench.plan.tuning import PREFIX, Tuning, load_tuning, paper_of, tuning_names
from bench.plan.values import Cell, Entry, Paper, Run, Table


@dataclass(frozen=True)
class Plan:
    """Everything that the settings ask for, as values; papers are read when first asked for."""

    settings: Settings

    @cached_property
    def scale(self) -> Scale:
        return load_scale(self.settings.scale, self.settings.scales)

    @cached_property
    def papers(self) -> dict[str, Paper]:
        return {name: self.paper(name) for name in paper_names(self.settings.papers, self.settings.plugins)}

    @cached_property
    def kept(self) -> dict[str, dict[Any, Any]]:
        """What was worked out of this plan, by topic; a plan is of the files as they were when it first read them."""
        return {}

    def paper(self, name: str) -> Paper:
        known: dict[str, Paper] = self.kept.setdefault("papers", {})
        if name not in known:
            known[name] = self._read_paper(name)
        return known[name]

    def _read_paper(self, name: str) -> Paper:
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) in self.tunings:
            tuning = self.tunings[name.removeprefix(PREFIX)]
            return paper_of(tuning, self.paper(tuning.paper), self.settings.seeds)
        paper = load_paper(name, self.settings.papers, self.settings.plugins)
        if name in self.scale.columns:
            paper = cut_to(paper, self.scale.columns[name], self.scale.name)
        return with_variant(paper, self.settings) if self._compares(name) else paper

    @cached_property
    def tunings(self) -> dict[str, Tuning]:
        """The tunings by name."""
        return {name: load_tuning(name, self.settings.tunings) for name in tuning_names(self.settings.tunings)}

    def tuning(self, name: str) -> Tuning:
        if name not in self.tunings:
            raise BenchError(f"unknown tuning '{name}'; {one_of(name, self.tunings)}")
        return self.tunings[name]

    def tuning_runs(self, name: str) -> dict[str, list[Run]]:
        """The trainings of each method of a tuning, its teachers' first.

        Raises
        ------
        BenchError
            If a method needs more of them than the budget.
        """
        tuning = self.tuning(name)
        found = {}
        for variant, points in tuning.points.items():
            cells = [self.cell(tuning.as_paper, tuning.dataset, tuning.backbone, point.variant) for point in points]
            found[variant] = self.with_teachers(cell.run(seed) for cell in cells for seed in tuning.seeds)
            if len(found[variant]) > tuning.budget:
                where = in_suite(self.settings.tunings / f"{name}.yaml")
                raise BenchError(
                    f"{where}: {variant} takes {len(found[variant])} trainings, teachers included, and the budget is "
                    f"{tuning.budget}; take fewer values or seeds, or draw points (random)"
                )
        return found

    def _compares(self, paper: str) -> bool:
        """Whether the new method that the settings name is to be trained beside the variants of a paper."""
        if not is_trained(self.settings):
            return False
        if self.settings.compare:
            return any(paper == self._split(word)[0] for word in self.settings.compare)
        return self.settings.stored_file(self.settings.scale, paper).exists()

    def table(self, paper: str, table: str) -> Table:
        tables = self.paper(paper).tables
        if table not in tables:
            raise BenchError(f"paper '{paper}' has no table '{table}'; {one_of(table, tables)}")
        return tables[table]

    def figure(self, paper: str, figure: str) -> Figure:
        figures = self.paper(paper).figures
        if figure not in figures:
            raise BenchError(f"paper '{paper}' has no figure '{figure}'; {one_of(figure, figures)}")
        return figures[figure]

    def cell(self, paper: str, dataset: str, backbone: str, variant: str) -> Cell:
        return Cell(self.scale.name, paper, dataset, backbone, variant)

    def cell_at(self, paper: str, entry: Entry) -> Cell:
        """The cell that stands at an entry of a table."""
        return self.cell(paper, entry.dataset, entry.backbone, entry.variant)

    def cells_of(self, paper: str, item: str) -> list[Cell]:
        """The cells whose records stand in a table or figure, each once, in reading order."""
        if item in self.paper(paper).tables:
            found = [self.cell_at(paper, entry) for entry in self.table(paper, item).entries() if entry.trained]
        else:
            found = [self.cell(paper, *place) for place in self.figure(paper, item).cells()]
        return list(dict.fromkeys(found))

    def runs_shown(self, paper: str, item: str) -> list[Run]:
        """The runs whose records a table or figure shows: every seed's, of a figure of networks the first seed's alone."""
        figure = self.paper(paper).figures.get(item)
        if figure is not None and figure.probed:
            return [cell.run(self.settings.seeds[0]) for cell in self.cells_of(paper, item)]
        return self.runs(self.cells_of(paper, item))

    def snapshots(self, run: Run) -> tuple[int, ...]:
        """The epochs (counted from 1) after which a run keeps its state for the figures of networks; the first seed's alone."""
        shares = self._shares(run.cell.paper).get((run.cell.dataset, run.cell.backbone, run.cell.variant), set())
        if not shares or run.seed != self.settings.seeds[0]:
            return ()
        epochs = self.resolve(run)["recipe"]["epochs"]  # type: ignore[index]
        return tuple(sorted({epoch_at(share, epochs) for share in shares}))

    def _shares(self, paper: str) -> dict[tuple[str, str, str], set[float]]:
        """At which shares of their training the figures of a paper look at networks, by (dataset, backbone, variant)."""
        known: dict[str, dict[tuple[str, str, str], set[float]]] = self.kept.setdefault("shares", {})
        if paper not in known:
            shares: dict[tuple[str, str, str], set[float]] = {}
            for figure in self.paper(paper).figures.values():
                if isinstance(figure, ProbedFigure):
                    for place in figure.cells():
                        shares.setdefault(place, set()).update(figure.epochs)
            known[paper] = shares
        return known[paper]

    def runs(self, cells: Iterable[Cell]) -> list[Run]:
        return [cell.run(seed) for cell in cells for seed in self.seeds_of(cell.paper)]

    def seeds_of(self, paper: str) -> tuple[int, ...]:
        """The settings' seeds that the scale trains of a paper: all, or the first of them."""
        return self.settings.seeds[: self.scale.seeds.get(paper)]

    @property
    def seeds_per_job(self) -> int:
        """How many seeds of a cell one process trains: as many as the scale says, and no fewer than it trains at a time."""
        return max(self.scale.seeds_per_job, self.settings.seeds_at_once)

    def teachers(self, run: Run) -> dict[str, Run]:
        return teachers_of(run, self.paper(run.cell.paper))

    def with_teachers(self, runs: Iterable[Run]) -> list[Run]:
        """``runs`` and all that they learn from, teachers before students, each once."""
        ordered: dict[Run, None] = {}

        def visit(run: Run) -> None:
            if run not in ordered:
                for teacher in self.teachers(run).values():
                    visit(teacher)
                ordered[run] = None

        for run in runs:
            visit(run)
        return list(ordered)

    @property
    def precision(self) -> str:
        """The settings' precision; ``auto`` is fp32, the papers', at a scale whose numbers are held against theirs."""
        wish = self.settings.precision
        return "fp32" if wish == "auto" and self.scale.comparable else wish

    def in_precision(self, wish: str) -> Plan:
        """The same plan at another setting of the precision, which configs name."""
        others = self.kept.setdefault("precisions", {})
        if wish in (self.precision, self.settings.precision):
            return self
        if wish not in others:
            others[wish] = Plan(replace(self.settings, precision=wish))
        return others[wish]

    def resolve(self, run: Run) -> dict[str, object]:
        """The resolved config of a run; what stands deeper in it is shared and not to be changed."""
        if run.cell.scale != self.scale.name:
            raise BenchError(f"run '{run.id}' is of scale '{run.cell.scale}', the settings say '{self.scale.name}'")
        paper, cells = self.paper(run.cell.paper), self.kept.setdefault("cells", {})
        if run.cell not in cells:  # its seeds share the rest
            engine = (self.precision, self.devices(run), self.settings.convolutions)
            config = resolve(run, paper, self.scale, *engine, self.settings.plugins)
            self._refuse(run, config)
            cells[run.cell] = config
        teachers = {role: teacher.id for role, teacher in teachers_of(run, paper).items()}
        return {**cells[run.cell], "run": run.id, "teachers": teachers, "seed": run.seed}

    def _refuse(self, run: Run, config: Mapping[str, Any]) -> None:
        """Refuse what is known beforehand to be impossible: a method or network of another task, too few stages or classes."""
        facts = method_facts(method_files(self.settings.plugins)[config["method"]["name"]])
        teachers = {role: teacher.cell.backbone for role, teacher in teachers_of(run, self.paper(run.cell.paper)).items()}
        known = self._known(config["data"]["name"], run.cell.backbone, teachers, config["recipe"].get("pretrained", ""))
        refuse_values(config["method"]["name"], facts["hyperparameters"], config["method"]["params"], run.cell.id)
        params = {**facts["params"], **config["method"]["params"]}
        reason = refusal(facts.get("tasks", (USUAL_TASK,)), facts.get("needs", {}), params, known)
        if reason:
            raise BenchError(f"{run.cell.id}: method '{config['method']['name']}' {reason}")

    def _known(self, dataset: str, backbone: str, teachers: Mapping[str, str], pretrained: str) -> Known:
        """What is known of a dataset and of networks, ``teachers`` by role; thousands of cells have few of them."""
        found, key = self.kept.setdefault("known", {}), (dataset, backbone, tuple(teachers.items()), pretrained)
        if key not in found:
            data = dataset_facts(dataset)
            facts = {name: backbone_facts(name) for name in (backbone, *teachers.values())}
            found[key] = Known(
                classes=len(data["classes"]) or None,
                stages=len(facts[backbone].get("stages", ())),
                gated=is_gated(backbone),
                teacher_stages={role: len(facts[name].get("stages", ())) for role, name in teachers.items()},
                task=data.get("task", USUAL_TASK),
                backbone_tasks={name: each.get("task", USUAL_TASK) for name, each in facts.items()},
                pretrained=pretrained,
            )
        return found[key]

    def devices(self, run: Run) -> int:
        """How many devices divide the training of ``run`` among themselves; one where there is nothing to train."""
        count = self.settings.devices_per_run.get(run.cell.dataset, 1)
        if count == 1:
            return 1
        method = self.paper(run.cell.paper).variants[run.cell.variant].method
        return count if method_facts(method_files(self.settings.plugins)[method]).get("trains", True) else 1

    def target(self, name: str) -> tuple[str, str]:
        """Paper and item of ``reports/demo/drrnet/table2.html``, ``reports/table2.html``, ``drrnet/table2`` or ``table2``."""
        paper, item = self._split(name)
        known = self.paper(paper).items
        if item not in known:
            raise BenchError(f"paper '{paper}' has no table or figure '{item}'; {one_of(item, known)}")
        return paper, item

    def _split(self, name: str) -> tuple[str, str]:
        """Paper and item as a target writes them, whether they are known or not."""
        words = name.removeprefix("reports/").rsplit(".", 1)[0] if "." in name else name.removeprefix("reports/")
        if words.count("/") == 2:
            words = words.removeprefix(f"{self.settings.scale}/")
        paper, _, item = words.rpartition("/")
        return paper or self.settings.paper, item

    def items_of(self, name: str) -> list[tuple[str, str]]:
        """The tables and figures of a target, as (paper, item); ``all`` is every one of every paper."""
        if name.removeprefix("reports/") in ("all", "index", "index.html", "paper.tex", "paper.pdf"):
            return [(paper.name, item) for paper in self.papers.values() for item in paper.items]
        return [self.target(name)]

    def runs_of_item(self, paper: str, item: str) -> list[Run]:
        """The runs of a table or figure with their teachers."""
        return self.with_teachers(self.runs_shown(paper, item))

    def runs_of(self, name: str) -> list[Run]:
        """The runs of a target with their teachers, each once."""
        return self.with_teachers(run for item in self.items_of(name) for run in self.runs_shown(*item))
