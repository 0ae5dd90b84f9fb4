"""A page: one table of a paper, or the tables that a new method is compared in, with what stands around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.plan import Plan
from bench.plan.pages import COMPARE, TUNE, Page
from bench.plan.schema import load_yaml, validate
from bench.plan.tuned import words_of
from bench.records.result import Result
from bench.report.caption import tuning_words
from bench.report.comparison import NewMethod
from bench.report.formatting import duration
from bench.report.provenance import provenances
from bench.report.view import TableView
from bench.stats.words import counted

TESTS = (
    "Welch's t, two-sided, Holm over every method and column of a table; 95 % intervals. Over all columns: the mean difference "
    "with Satterthwaite's degrees of freedom, Holm over the methods."
)
COST = "Passes of a training step relative to the baseline’s; times are those of the machine that each method ran on."


@dataclass(frozen=True)
class PageView:
    """A page and where it lies.

    Attributes
    ----------
    title
        As a browser's tab has it.
    heading
        As the page has it.
    banners
        What must be known before any number: a few words and a sentence each.
    facts
        How the numbers came about, term and text.
    """

    page: Page
    label: str
    title: str
    heading: str
    tables: tuple[TableView, ...]
    banners: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def command(self) -> str:
        return self.tables[0].command

    @property
    def stand_in(self) -> bool:
        return any(table.stand_in for table in self.tables)

    @property
    def compares(self) -> bool:
        """Whether it is of a new method."""
        return self.tables[0].comparison is not None

    @property
    def scale(self) -> str:
        """Which results these are, as its trail says it."""
        return f"stored, {self.page.scale}" if self.page.stored else self.page.scale

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why cells are not comparable, the most frequent reason first."""
        levels = [cell.level for table in self.tables for cell in table.cells() if cell.level]
        sentences = [level.sentence for level in levels if level.name == "not comparable"]
        reasons = Counter(sentence.partition(": ")[2].rstrip(".") for sentence in sentences)
        return tuple(reason for reason, _ in reasons.most_common() if reason)


def table_page(view: TableView) -> PageView:
    """The page of a paper's table."""
    stand_in = " (stand-in data)" if view.stand_in else ""
    return PageView(
        page=Page(view.scale, view.paper, view.name, view.stored),
        label=view.label,
        title=f"{view.label} · {view.short} · {view.title}{stand_in}",
        heading=f"{view.label}: {view.title}",
        tables=(view,),
        banners=tuple(_obstacles(view)),
        facts=view.caption,
    )


def with_row(view: TableView, new: NewMethod, command: str) -> TableView:
    """A paper's table with a new method's row, under a name of its own."""
    name = f"{view.name}-with-{new.name}"
    return replace(view, name=name, label=f"{view.label} with {new.label}", command=command)


def comparison_page(plan: Plan, tables: Sequence[TableView], new: NewMethod) -> PageView:
    """The page of a new method: every table that it is compared in."""
    banners = []
    invented = tuple(dict.fromkeys(name for table in tables for name in table.stand_ins))
    if invented:
        banners.append(_stand_in(invented, plan.scale.name, "the comparison works and say nothing about the methods."))
    elif not plan.scale.comparable:
        banners.append(("A reduced schedule.", f"{plan.scale.note} What holds here need not hold at the paper’s schedule."))
    trained = all(table.comparison and table.comparison.trained for table in tables)
    if not trained:
        words = f"{new.label} was not trained here: its recipe, data and budget could not be checked."
        banners.append(("Numbers only.", words))
    facts = (
        ("New method", f"{new.label} ({plan.settings.new_method})"),
        ("Scale", f"{plan.scale.title}. {plan.scale.note}"),
        ("Trained here", _work(new.results)),
        ("Tuning", _tuning(plan, tables, new)),
        ("Tests", TESTS),
        ("Cost", COST),
    )
    heading = f"{new.label} against stored results"
    return PageView(
        page=Page(plan.scale.name, COMPARE, new.name),
        label=new.label,
        title=f"{heading}{' (stand-in data)' if invented else ''}",
        heading=heading,
        tables=tuple(tables),
        banners=tuple(banners),
        facts=tuple((term, text) for term, text in facts if text),
    )


def _obstacles(view: TableView) -> Iterable[tuple[str, str]]:
    if view.stand_in:
        words = "the suite works and say nothing about the paper. No difference to the paper is formed."
        yield _stand_in(view.stand_ins, view.scale, words)
    elif view.obstacle:
        words = "Differences to the paper are shown, and no verdict is drawn from them."
        if not view.has_paper:  # an arrangement of ours
            words = "What holds here need not hold at the full recipe."
        yield f"Not a reproduction: {view.obstacle}.", words
    elif view.said_once:
        reason = view.said_once.partition(": ")[2]
        yield f"Levels are not comparable: {reason}.", "Gains are judged, since both their sides share what differs."


def _stand_in(names: Sequence[str], scale: str, words: str) -> tuple[str, str]:
    source = f"Our numbers for {' and '.join(names)} come from generated images, at scale “{scale}”."
    return "Stand-in data.", f"{source} They show that {words}"


def _tuning(plan: Plan, tables: Sequence[TableView], new: NewMethod) -> str:
    """Who was tuned on validation images here, and by how many trainings."""
    words = []
    for paper in (plan.paper(table.paper) for table in tables):
        words.append(tuning_words(paper, (name for name in paper.variants if name != new.name)))
    stored = " ".join(filter(None, dict.fromkeys(words))) or "No stored method was tuned by the suite."
    return f"{stored} {_own_tuning(plan, new)}"


def _own_tuning(plan: Plan, new: NewMethod) -> str:
    """By how many trainings a new method was tuned in this folder, if the values that were chosen are those of its page."""
    summaries = [Page(plan.scale.name, TUNE, name).file(".yaml") for name in plan.tunings]
    for chosen in (validate(load_yaml(path), "tuned", str(path)) for path in summaries if path.is_file()):
        if new.name in chosen["methods"]:
            same = chosen["methods"][new.name]["values"] == plan.settings.new_method_params
            other = "" if same else "; other values than the chosen ones stand here"
            return f"{new.label}: {words_of(chosen, new.name)}{other}."
    return f"{new.label} was not tuned by the suite; whether it was elsewhere, and by how many trainings, is not known here."


def _work(results: Iterable[Result]) -> str:
    """How much was trained for a new method."""
    recorded = provenances(result for result in results if result.status == "finished")
    seconds = sum(each.cost.train_seconds or 0.0 for each in recorded)
    return f"{counted(len(recorded), 'training')}, {duration(seconds)} in all" if recorded else ""
