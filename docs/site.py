"""Build ``site/``: the documentation, and every stored result as the pages that it makes. ``make site`` calls it.

Relative links throughout: the folder works from disk and from any static host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.cli.reports import report
from bench.plan import BenchError, Plan, load_settings
from bench.plan.pages import Page
from bench.plan.source import ROOT
from bench.records.summary import summary_at
from bench.report.table import item_label

PAGES = ROOT / "build" / "pages"
ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
HOME = "kd-repro-bench"  # where an index says whose it is
LEAD = "Each table opens cell by cell: seeds, tests, settings, hardware."
TEXTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "examples/README.md", "results/reported/README.md")


def main() -> None:
    """Gather the pages, have them rendered, and put the stored results beside them."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES / "docs", ignore=shutil.ignore_patterns("*.py", "*.js", "__pycache__"))
    for name in TEXTS:
        (PAGES / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, PAGES / name)
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        stored = {path.name for path in (ROOT / "results" / "stored").iterdir() if path.is_dir()}
        order = sorted(stored, key=lambda name: (name != "paper", name == "demo", name))
        scales = "".join(map(stored_pages, order))
        os.chdir(ROOT)
        (PAGES / "results.md").write_text(f"# Stored results\n\n{LEAD}\n{scales}", encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--config-file", ROOT / "mkdocs.yml"]
        subprocess.run(command, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)
        without_network(ROOT / "site")
        shutil.copytree(Path(work) / "reports" / "stored", ROOT / "site" / "results", dirs_exist_ok=True)
        for index in (ROOT / "site" / "results").glob("*/index.html"):
            text = index.read_text(encoding="utf-8")
            index.write_text(text.replace(HOME, f'<a href="../../results.html">{HOME}</a>', 1), encoding="utf-8")
    print(f"open {ROOT / 'site' / 'index.html'}")


def without_network(site: Path) -> None:
    """Have the theme's one script from elsewhere, which makes search work from disk, replaced by ours."""
    shutil.copy2(ROOT / "docs" / "worker.js", site / "assets" / "worker.js")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if ELSEWHERE in text:
            root = "../" * (len(page.relative_to(site).parts) - 1)
            page.write_text(text.replace(ELSEWHERE, f"{root}assets/worker.js"), encoding="utf-8")


def stored_pages(scale: str) -> str:
    """Render every table of which rows of a scale are stored, in the working directory; returns Markdown that leads there."""
    plan = Plan(load_settings([f"scale={scale}"]))
    lines = ["", f"## {scale}", "", plan.scale.note, "", f'<a href="results/{scale}/index.html">Do the claims hold?</a>', ""]
    for paper in plan.papers.values():
        for table in paper.tables.values():
            if not plan.cells_of(paper.name, table.name):
                continue
            try:
                report(f"{paper.name}/{table.name}", stored=True, settings=[f"scale={scale}"])
            except BenchError as error:
                if "nothing is stored" not in str(error):
                    raise
                continue
            found = summary_at(Page(scale, paper.name, table.name, stored=True))
            made = f"{found.finished} of {found.runs} runs{', stand-in data' if found.stand_in else ''}" if found else ""
            title = f"{paper.short}, {item_label(table.name)}"
            lines.append(f'- <a href="results/{scale}/{paper.name}/{table.name}.html">{title}</a>: {table.title} ({made})')
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
