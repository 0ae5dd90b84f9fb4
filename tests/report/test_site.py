"""The site in headless Chromium, opened from disk as a reader opens it. Skipped where there is no Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from projects.new_method import StoredProject
from projects.paper import BASELINE, BETTER, CLOSE, FACTS, as_errors, make_paper, results_of

from bench.plan import Scale
from bench.plan.comparison import beside
from bench.records.aliases import write_alias
from bench.records.comparison import compared_tables
from bench.records.predictions import Picture, Predicted, Predictions
from bench.records.record import fresh_results
from bench.report.comparison import NewMethod, comparison_tables
from bench.report.figures import figure_view, render_figure
from bench.report.index import write_index
from bench.report.markdown import table_markdown
from bench.report.page import comparison_page, table_page, with_row
from bench.report.render import render_page, tables_tex
from bench.report.reported import Key, ReportedNumber
from bench.report.rows import cells_csv
from bench.report.table import table_view
from bench.report.view import TableView

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (it is in the dev dependencies)")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = os.environ.get("BENCH_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)")

PAGES = [
    "paper/index.html",
    "paper/small/table2.html",
    "paper/small/table2.html#ships-tiny-ours-accuracy",
    "demo/compare/mine.html",
    "demo/drrnet/table2-with-mine.html",
]
SHORT = {
    "table2.html": "paper/small/table2.html",
    "small/table2.html": "paper/small/table2.html",
    "index.html": "paper/index.html",
    "compare/mine.html": "demo/compare/mine.html",
}
OURS = "#ships-tiny-ours-accuracy .open"
PRINTED = {
    Key("ships", "tiny", "baseline", "accuracy"): ReportedNumber(70.5, 1.0, 5, "70.50", "1.00"),
    Key("ships", "tiny", "close", "accuracy"): ReportedNumber(70.9, 1.0, 5, "70.90", "1.00"),
    Key("ships", "tiny", "ours", "accuracy"): ReportedNumber(84.0, 1.0, 5, "84.00", "1.00"),
}

RUN = "paper/small/ships/tiny/ours/seed0"  # was looked at: a mask over a picture, boxes over another
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="
LOOKED = Predictions(
    ("#000000", "#800000", "#008000"),
    {"m": Picture(PIXEL, 4, 3, PIXEL), "b": Picture(PIXEL, 4, 3, [[1, 1, 2, 1, 0, None]])},
    {
        RUN: Predicted(
            RUN,
            FACTS["fingerprint"],
            BETTER[0],
            {"accuracy": BETTER[0]},
            {"IoU": (80.0, None)},
            {"m": PIXEL, "b": [[0, 1, 2, 1, 1, 0.75]]},
        )
    },
)


def printed_at(paper: str) -> Path:
    """The folder of a paper's printed numbers, below the working directory."""
    return Path("reported")


def view_of(errors: bool = False) -> TableView:
    paper, printed = as_errors(make_paper(), PRINTED) if errors else (make_paper(), PRINTED)
    facts = [{**FACTS, "cost": {**FACTS["cost"], "relative_cost": cost}} for cost in (1.0, 1.0, 1.67)]
    values = {"baseline": BASELINE, "close": CLOSE, "ours": BETTER}
    results = [
        result
        for (name, seeds), each in zip(values.items(), facts, strict=True)
        for result in results_of({name: seeds}, facts=each)
    ]
    scale = Scale("paper", "paper", "", comparable=True)
    return table_view(paper, paper.tables["table2"], results, printed, scale, range(5), predictions=LOOKED)


def compared_in(folder: Path) -> None:
    """A new method's page, and the paper's table of two columns with its row."""
    project = StoredProject(folder)
    plan = project.compared()
    found = compared_tables(plan)
    new = NewMethod("mine", "Mine", list(fresh_results(project.record_new(plan))))
    page = comparison_page(plan, comparison_tables(plan, found, new), new)
    render_page(page)
    table = beside(found[0].table, "mine", "Mine", found[0].columns)
    results = [*found[0].stored, *new.results]
    view = table_view(found[0].paper, table, results, {}, plan.scale, plan.settings.seeds)
    render_page(table_page(with_row(view, new, page.command)))
    write_index(plan.papers.values(), "demo", plan.settings.reported_of)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``reports/`` of two scales: a table, one of errors, a figure, a new method's pages, indexes, and short names."""
    folder = tmp_path_factory.mktemp("site")
    with contextlib.chdir(folder):
        paper, scale = make_paper(), Scale("paper", "paper", "", comparable=True)
        render_page(table_page(view_of()))
        render_page(table_page(replace(view_of(errors=True), paper="errors")))
        curves = figure_view(paper, paper.figures["figure3"], results_of({"baseline": BASELINE}), scale, range(5))
        render_figure(curves)
        compared_in(folder)
        write_index([paper, replace(make_paper(), name="other", short="Other")], "paper", printed_at)
        for short, page in SHORT.items():
            write_alias(Path("reports", short), Path("reports", page))
    return folder / "reports"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture
def visit(browser: Any, site: Path) -> Iterator[Open]:
    """Open a page of the site; whatever it requests lies on the disk, and its console stays empty."""
    contexts, faults, requests = [], [], []

    def opened(page: str = "paper/small/table2.html", script: str = "", **options: Any) -> Any:
        context = browser.new_context(offline=True, viewport={"width": options.pop("width", 1280), "height": 800}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(5000)
        tab.add_init_script(script)
        tab.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(f"{site.as_uri()}/{page}")
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    assert requests and all(url.startswith((site.as_uri(), "data:image/svg+xml;base64,")) for url in requests)


def rows(tab: Any) -> list[str]:
    return tab.locator("tbody tr:visible th.method").all_inner_texts()


def test_the_index_leads_to_a_filtered_table(visit: Open) -> None:
    tab = visit("paper/index.html")
    board = tab.locator(".board tbody tr").all_inner_texts()
    assert "2 gains: 1 direction confirmed, 1 open." in board[0] and "Nothing trained yet." in board[1]
    assert tab.locator("img").evaluate("image => image.complete && image.naturalWidth > 0")
    tab.locator(".items .counts a").filter(has_text="1 direction confirmed").first.click()
    tab.wait_for_url("**/paper/small/table2.html#gain:direction-confirmed")
    assert rows(tab) == ["Ours"]


def test_a_cell_opens_to_its_seeds_curve_config_and_command(visit: Open) -> None:
    tab = visit()
    tab.locator(OURS).click()
    panel = tab.get_by_role("dialog", name="Ours · Tiny")
    text = panel.inner_text()
    for words in (
        "78.00 ± 1.58",
        "84.00 ± 1.00",
        "−6.00 pp",
        "Level lower.",
        "which is worse",
        "seed{0,1,2,3,4}.json",
        "processor",
    ):
        assert words in text
    assert panel.locator(".runs tbody tr").all_inner_texts()[0].split("\t") == ["0", "76.00", "2.0 s", "JSON"]
    record = panel.locator(".runs a").first.evaluate("link => link.href")
    assert record.endswith("/results/runs/paper/small/ships/tiny/ours/seed0.json") and "/reports/" not in record
    assert (
        panel.get_by_role("img")
        .first.get_attribute("aria-label")
        .startswith("Test accuracy per epoch, percent. At the end, seed 0: 76")
    )
    assert panel.locator("svg polyline").count() == 5 and panel.locator("svg line.theirs").count() == 1
    assert panel.locator(".examples svg").count() == 6 and panel.locator(".examples .mask").count() == 2
    assert panel.locator(".examples text").all_text_contents() == ["a", "b 0.75"]
    assert panel.locator(".runs").nth(1).locator("tbody tr").all_inner_texts() == ["a\t80.00", "b\t—"]
    panel.get_by_text("Resolved config").click()
    assert "lr: 0.001" in panel.locator("pre").inner_text()
    panel.get_by_text("Assumptions (2)").click()
    assert "No split is stated." in panel.inner_text()


def test_the_keyboard_opens_walks_and_closes(visit: Open) -> None:
    tab = visit()
    tab.locator("#ships-tiny-baseline-accuracy .open").focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    title = tab.locator("#cell-title")
    assert title.inner_text() == "Ours · Tiny" and tab.evaluate("location.hash") == "#ships-tiny-ours-accuracy"
    assert tab.evaluate("document.activeElement.id") == "close"
    tab.keyboard.press("ArrowRight")  # on to the first cell again
    assert title.inner_text() == "Baseline · Tiny"
    tab.keyboard.press("Escape")
    tab.wait_for_function("location.hash === ''")  # the dialog says that it is closed in a task of its own
    assert not title.is_visible() and "#" not in tab.evaluate("location.href")
    assert tab.evaluate("document.activeElement.closest('td').id") == "ships-tiny-baseline-accuracy"
    tab.reload()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"


def test_an_address_opens_its_cell(visit: Open) -> None:
    assert visit("paper/small/table2.html#ships-tiny-close-accuracy").locator("#cell-title").inner_text() == "Close · Tiny"


@pytest.mark.parametrize(
    ("page", "best", "by_difference"),
    [
        ("paper/small/table2.html", "descending", ["Ours", "Baseline", "Close"]),  # -6.0, -0.5, +0.1
        ("paper/errors/table2.html", "ascending", ["Baseline", "Close", "Ours"]),  # -40.5, -41.9, -62.0
    ],
)
def test_sorting_puts_the_best_first(visit: Open, page: str, best: str, by_difference: list[str]) -> None:
    tab = visit(page)
    printed = ["Baseline", "Close", "Ours"]
    head = tab.get_by_role("columnheader", name="Tiny")
    head.get_by_role("button").click()
    assert rows(tab) == printed[::-1] and head.get_attribute("aria-sort") == best
    head.get_by_role("button").click()
    assert rows(tab) == printed and tab.locator("#status").inner_text() == "Sorted by our number in Tiny, worst first."
    tab.locator("#measure").select_option("difference")
    assert rows(tab) == by_difference  # worst first still
    head.get_by_role("button").click()
    assert rows(tab) == printed and head.get_attribute("aria-sort") is None


def test_filters_join_and_clear(visit: Open) -> None:
    tab = visit()
    lower = tab.get_by_role("button", name="1 lower").first
    lower.click()
    assert rows(tab) == ["Ours"] and lower.get_attribute("aria-pressed") == "true"
    assert tab.locator("#status").inner_text() == "1 of 3 cells shown."
    tab.get_by_role("button", name="1 open").click()  # of the gain
    assert rows(tab) == ["Close", "Ours"]
    tab.get_by_role("button", name="Show all cells").click()
    assert rows(tab) == ["Baseline", "Close", "Ours"] and lower.get_attribute("aria-pressed") == "false"


PASTE = "document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))"
WITHOUT = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"


@pytest.mark.parametrize("script", ["", WITHOUT], ids=["clipboard", "fallback"])
def test_what_is_copied(visit: Open, script: str) -> None:
    view = view_of()
    texts = {"Markdown": table_markdown(view)} | (
        {} if script else {"LaTeX": tables_tex(table_page(view)), "CSV": cells_csv([view])}
    )
    tab = visit(script=script, permissions=["clipboard-read", "clipboard-write"])
    for name, text in texts.items():
        tab.get_by_role("button", name=name).click()
        tab.get_by_text(f"The table as {name} is copied.").wait_for(state="attached")
        tab.evaluate(PASTE)
        tab.locator("#paste").focus()
        tab.keyboard.press("Control+V")
        assert tab.locator("#paste").input_value() == text
        tab.evaluate("document.querySelector('#paste').remove()")
    tab.locator(OURS).click()
    tab.get_by_role("dialog").get_by_role("button", name="Copy The command").click()
    tab.get_by_text("The command is copied.").wait_for(state="attached")


def test_dark_follows_the_system_until_the_reader_chooses(visit: Open) -> None:
    tab = visit(color_scheme="dark")
    page = "getComputedStyle(document.body).backgroundColor"
    dark, button = tab.evaluate(page), tab.get_by_role("button", name="Switch between light and dark")
    assert button.inner_text() == "Light"
    button.click()
    light = tab.evaluate(page)
    assert light != dark and button.inner_text() == "Dark"
    tab.goto(tab.url.replace("small/table2", "index"))
    assert tab.evaluate(page) == light
    tab.get_by_role("button", name="Switch between light and dark").click()
    assert tab.evaluate(page) == dark and tab.evaluate("document.documentElement.dataset.theme") == ""
    tab.emulate_media(color_scheme="light")
    assert tab.evaluate(page) == light


def test_cost_is_drawn_against_the_metric(visit: Open) -> None:
    tab = visit()
    chart = tab.locator("#cost-charts").get_by_role("img")
    assert chart.get_attribute("aria-label").endswith("Baseline: 1, 70.00; Close: 1, 71.00; Ours: 1.67, 78.00.")
    assert chart.locator(".label").all_text_contents() == ["Ours", "Close", "Baseline"]  # from above, as their points
    tab.locator("#cost-axis").select_option("parameters")
    assert "parameters against accuracy, percent. Baseline: 1.23k, 70.00" in chart.get_attribute("aria-label")


def test_a_new_methods_page_leads_to_the_table_with_its_row(visit: Open) -> None:
    tab = visit("demo/index.html")
    tab.get_by_role("link", name="Mine against stored results").click()
    tab.wait_for_url("**/demo/compare/mine.html")
    assert "better than Tf-KD, the best stored method" in tab.locator(".lead").first.inner_text()
    assert rows(tab)[-1].endswith("Mine") and tab.locator(".outcome").all_inner_texts()[-1].endswith("better")
    tab.locator("#drrnet-table2-opensarship-resnet18-tfkd-accuracy .open").click()
    assert "Mine against Tf-KD" in tab.get_by_role("dialog").inner_text()
    tab.get_by_role("button", name="Close").click()
    tab.get_by_role("link", name="The paper’s table with the new row").click()
    tab.wait_for_url("**/demo/drrnet/table2-with-mine.html")
    assert rows(tab)[-1].endswith("Mine")
    assert tab.locator("img.picture").evaluate("image => image.complete && image.naturalWidth > 0")


@pytest.mark.parametrize("short", SHORT)
def test_a_page_under_a_short_name_leads_where_it_does(visit: Open, site: Path, short: str) -> None:
    links = "links => links.map(link => link.href.replace(/#.*/, '')).filter(link => !link.endsWith(location.pathname))"
    shown, page = visit(short), visit(SHORT[short])
    found = [tab.locator("a[href]:not([href^='#'])").evaluate_all(links) for tab in (shown, page)]
    assert found[0] == found[1] and all(Path(link.removeprefix("file://")).is_file() for link in found[0])
    assert shown.locator("img:not([src^='data:'])").evaluate_all("images => images.every(image => image.naturalWidth > 0)")


@pytest.mark.parametrize("page", ["paper/small/table2.html", "table2.html", "small/table2.html"])
def test_a_record_is_found_from_every_name(visit: Open, site: Path, page: str) -> None:
    tab = visit(page)
    tab.locator(OURS).click()
    record = tab.locator(".runs a").first.evaluate("link => link.href")
    assert record == f"{site.parent.as_uri()}/results/runs/paper/small/ships/tiny/ours/seed0.json"


@pytest.mark.parametrize("page", [page for page in PAGES if "#" not in page])
def test_a_phone_needs_no_sideways_scrolling(visit: Open, page: str) -> None:
    assert visit(page, width=390).evaluate("document.documentElement.scrollWidth") == 390


def test_print_leaves_the_controls_out(visit: Open) -> None:
    tab = visit(color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert not tab.locator(".actions").is_visible() and not tab.locator("nav").is_visible()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_no_barrier(visit: Open, page: str, scheme: str) -> None:
    tab = visit(page, color_scheme=scheme, reduced_motion="reduce")
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    found = axe.Axe().run(tab)
    assert found.violations_count == 0, found.generate_report()


def test_numbers_alone_come_first_and_everything_is_a_press_away(visit: Open) -> None:
    tab = visit()
    paper = tab.locator("td .paper").first
    assert not paper.is_visible() and tab.locator(OURS).is_visible()
    tab.get_by_role("button", name="Everything").click()
    assert paper.is_visible()
    tab.wait_for_timeout(200)  # what is kept goes to another of the browser's processes, which a page does not see
    tab.reload()
    assert paper.is_visible()
    tab.get_by_role("button", name="Numbers").click()
    assert not paper.is_visible()
