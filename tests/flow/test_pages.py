"""Which pages are made again: decided by what they show. File times are turned against it, and no Snakemake is started."""

import itertools
import os
import re
from pathlib import Path

import pytest
from projects.recorded import RecordedProject, template
from typer.testing import CliRunner

from bench.cli.app import app
from bench.flow.inputs import Flow
from bench.flow.pages import Pages
from bench.records.aliases import write_alias
from bench.records.asked import named_runs
from bench.records.predictions import NO_PREDICTIONS, write_predictions
from bench.records.stored import add

TABLE, FIGURE = "reports/demo/drrnet/table2.html", "reports/demo/drrnet/figure3.svg"
SHORT = Path("reports/table2.html")


class RenderedProject(RecordedProject):
    """A project whose table, figure and document are rendered, and the table under its short name."""

    def __init__(self, folder):
        super().__init__(folder)
        self.record_all()
        for target in ("drrnet/table2", "drrnet/figure3", "paper"):
            bench(self, "report", target)
        write_alias(SHORT, Path(TABLE))


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return template(RenderedProject).copied(tmp_path)


def bench(project, *words):
    done = CliRunner().invoke(app, [*words[:2], *project.words, *words[2:]])
    assert done.exit_code == 0, done.exception


def again(project, asked=("table", "figure", "of_index", "of_document", "of_short"), **more):
    """What the workflow would make again when everything is asked for, whatever the times of the files."""
    made = []
    pages = Pages(Flow({**project.assignments, **more}), made.append)
    calls = {"table": ("records", "drrnet", "table2"), "figure": ("records", "drrnet", "figure3")}
    calls["of_short"] = ("of_short", "table2.html")
    for name in asked:
        method, *words = calls.get(name, (name,))
        getattr(pages, method)(*words)
    return made


def test_what_is_current_is_left_alone(rendered):
    assert again(rendered) == []
    for number, path in enumerate(sorted(Path().rglob("*.*"))):
        os.utime(path, (1e9 - number, 1e9 - number))  # now every page is older than what it is made of
    assert again(rendered) == []


def test_another_record_makes_again_what_shows_it_even_where_it_is_older(rendered):
    run = rendered.runs("resnet18", "baseline")[0]
    rendered.record(run, 71.0)
    os.utime(run.record, (1, 1))
    assert again(rendered) == [TABLE, FIGURE]
    rendered.record(rendered.runs("vgg11_bn", "tfkd")[0], 71.0)
    bench(rendered, "report", "drrnet/figure3")
    assert again(rendered, ("table", "figure")) == [TABLE]


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda project: Path("reported/drrnet/table2.csv").write_text(numbers(project)), {TABLE}),
        (lambda project: write_predictions(Path("results/probes/demo/drrnet/table2.json"), NO_PREDICTIONS), {TABLE}),
        (lambda project: project.write_paper({**project.content, "title": "Another"}), {TABLE, FIGURE}),
        (lambda project: Path(TABLE).write_text("edited"), {TABLE, SHORT.as_posix()}),
        (lambda project: Path("reports/demo/drrnet/table2.tex").unlink(), {TABLE}),
        (lambda project: Path("reports/demo/drrnet/table2.json").write_text("{}"), {TABLE, "reports/demo/index.html",
                                                                                    "reports/demo/paper.tex"}),
        (lambda project: Path("reports/demo/index.html").unlink(), {"reports/demo/index.html"}),
        (lambda project: SHORT.write_text("edited"), {SHORT.as_posix()}),
        (lambda project: SHORT.unlink(), {SHORT.as_posix()}),
    ],
    ids=["printed", "predictions", "paper", "edited", "file", "summary", "index", "edited alias", "no alias"],
)  # fmt: skip
def test_what_is_changed_by_hand_is_made_again(rendered, change, due):
    change(rendered)
    assert set(again(rendered)) == due


def numbers(project):
    return (project.folder / "reported" / "drrnet" / "table2.csv").read_text().replace("72.15", "72.16")


def test_a_page_of_other_seeds_is_made_again(rendered):
    bench(rendered, "report", "drrnet/table2", "--set", "seeds=[0]")
    assert again(rendered, ("table",)) == [TABLE]
    assert again(rendered, ("table",), seeds=[0]) == []


def test_a_page_of_some_runs_is_made_again_and_one_of_deleted_records_is_kept(rendered):
    Path(rendered.runs("vgg11_bn", "baseline")[0].record).unlink()
    assert again(rendered) == []
    bench(rendered, "report", "drrnet/table2")  # with a dash now
    assert again(rendered, ("table",)) == [TABLE]


def test_a_rendered_page_outdates_index_and_document(rendered):
    rendered.record(rendered.runs("vgg11_bn", "tfkd")[0], 71.0)
    bench(rendered, "report", "drrnet/table2")
    assert again(rendered) == ["reports/demo/paper.tex", SHORT.as_posix()]


def test_pages_of_stored_rows_and_of_other_scales_touch_nothing(rendered):
    add(rendered.plan, named_runs(rendered.plan, []))
    bench(rendered, "report", "drrnet/table2", "--stored")
    assert again(rendered) == []
    assert set(again(rendered, ("table", "of_short"), scale="quick")) == {
        SHORT.as_posix(),
        "reports/quick/drrnet/table2.html",
    }


def test_short_names_stand_for_the_scale_s_page(rendered):
    pages = Pages(Flow(rendered.assignments), lambda path: None)
    assert pages.of_short("table2.html") == pages.of_short("drrnet/table2.html") == TABLE
    assert pages.of_short("index.html") == "reports/demo/index.html"
    assert pages.of_short("compare/mine.tex") == "reports/demo/compare/mine.tex"
    known = re.compile(pages.short_names)
    for name in ("table2.html", "table2.tex", "drrnet/table2-numbers.tex", "drrnet/figure3.pdf", "index.html", "paper.pdf"):
        assert known.fullmatch(name), name
    for name in (
        "table3.html",
        "figure3.svg",
        "demo/drrnet/table2.html",
        "demo/index.html",
        "stored/demo/index.html",
    ):
        assert not known.fullmatch(name), name


def test_before_the_first_job_a_short_name_of_another_page_is_deleted(rendered):
    def left(**more):
        pages = Pages(Flow({**rendered.assignments, **more}), lambda path: None)
        pages.records("drrnet", "table2")
        pages.of_short("table2.html")
        assert SHORT.is_file()  # a plan deletes nothing
        pages.start()
        return SHORT.is_file()

    assert left()
    assert not left(scale="quick")
    write_alias(SHORT, Path(TABLE))
    rendered.record(rendered.runs("vgg11_bn", "tfkd")[0], 71.0)
    assert not left()


@pytest.mark.slow
def test_every_order_of_what_may_happen_ends_with_the_page_that_was_asked_for(rendered):
    """Two scales, stored rows, and an edit take turns under one short name, each step with the oldest of file times."""
    add(rendered.plan, named_runs(rendered.plan, []))
    other = {"scale": "quick", "stored_dir": rendered.assignments["stored_dir"]}
    quick = Path("reports/quick/drrnet/table2.html")
    quick.parent.mkdir(parents=True)
    quick.write_text("<p>quick</p>")

    def ask(**more):
        pages = Pages(Flow({**rendered.assignments, **more}), lambda path: None)
        page = Path(pages.of_short("table2.html"))
        pages.start()
        write_alias(SHORT, page)
        os.utime(SHORT, (1, 1))

    steps = {
        "demo": ask,
        "quick": lambda: ask(**other),
        "stored": lambda: bench(rendered, "report", "drrnet/table2", "--stored"),
        "edit": lambda: SHORT.write_text("edited"),
    }
    for order in itertools.permutations(steps):
        for name in order:
            steps[name]()
        due = again(rendered, ("of_short",)), again(rendered, ("of_short",), **other)
        assert bool(due[0]) == ("demo" not in SHORT.read_text() or "quick" in SHORT.read_text())
        assert bool(due[1]) == (SHORT.read_text() != "<p>quick</p>")


def test_a_new_method_s_pages(compared):
    plan = compared.compared()
    compared.record_new(plan)

    def due():
        made = []
        pages = Pages(Flow({**compared.assignments, "new_method": "mine.py"}), made.append)
        assert len(pages.new_records("mine")) == 6 and len(pages.tables_with_new_row()) == 6
        return made

    assert due() == ["reports/demo/compare/mine.html"]
    bench(compared, "compare", "mine.py", "--no-train")
    assert due() == []
    Path("reports/demo/drrnet/table2-with-mine.csv").unlink()
    assert due() == ["reports/demo/compare/mine.html"]
    bench(compared, "compare", "mine.py", "--no-train")
    with Path("mine.py").open("a") as file:
        file.write("# a remark\n")
    assert due() == ["reports/demo/compare/mine.html"]


def test_numbers_of_a_new_method_have_one_page(compared):
    Path("theirs.csv").write_text("dataset,backbone,mean,sd,n\nopensarship,resnet18,99,0.5,5\n")
    bench(compared, "compare", "theirs.csv")
    made = []
    pages = Pages(Flow({**compared.assignments, "new_method": "theirs.csv"}), made.append)
    assert pages.new_records("theirs") == pages.tables_with_new_row() == made == []
