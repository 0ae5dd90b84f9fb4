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
from bench.plan.source import ROOT

PAGES = ROOT / "build" / "pages"
ELSEWHERE = "https://unpkg.com/iframe-worker/shim"
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
        stored = sorted(path.name for path in (ROOT / "results" / "stored").iterdir() if path.is_dir())
        scales = {scale: stored_pages(scale) for scale in stored}
        os.chdir(ROOT)
        (PAGES / "results.md").write_text(results_page(scales), encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file", ROOT / "mkdocs.yml"]
        subprocess.run(command, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True)
        without_network(ROOT / "site")
        shutil.copytree(Path(work) / "reports" / "stored", ROOT / "site" / "results", dirs_exist_ok=True)
    print(f"open {ROOT / 'site' / 'index.html'}")


def without_network(site: Path) -> None:
    """Have the theme's one script from elsewhere, which makes search work from disk, replaced by ours."""
    shutil.copy2(ROOT / "docs" / "worker.js", site / "assets" / "worker.js")
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        if ELSEWHERE in text:
            root = "../" * (len(page.relative_to(site).parts) - 1)
            page.write_text(text.replace(ELSEWHERE, f"{root}assets/worker.js"), encoding="utf-8")


def stored_pages(scale: str) -> list[str]:
    """Render every table of which rows of a scale are stored, in the working directory; returns their names."""
    plan, made = Plan(load_settings([f"scale={scale}"])), []
    for paper in plan.papers.values():
        for table in paper.tables:
            try:
                report(f"{paper.name}/{table}", stored=True, settings=[f"scale={scale}"])
            except BenchError as error:
                if "nothing is stored" not in str(error):
                    raise
                continue
            made.append(f"{paper.name}/{table}")
    return made


def results_page(scales: dict[str, list[str]]) -> str:
    """The page that leads to the stored results."""
    lines = ["# Stored results\n", "Each table opens cell by cell: seeds, tests, settings, hardware.\n"]
    for scale, tables in scales.items():
        if tables:
            lines.append(f'\n## {scale}\n\n<a href="results/{scale}/index.html">Overview</a>\n')
            lines += [f'- <a href="results/{scale}/{name}.html">{name}</a>' for name in tables]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
