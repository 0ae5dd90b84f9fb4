"""``init``: a folder to work in without a checkout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from bench.plan import BenchError
from bench.plan.files import write_atomically
from bench.plan.settings import WORKSPACE
from bench.plan.source import SUITE

SNAKEFILE = """# The suite's workflow in this folder: snakemake --cores all reports/table2.html
# Settings: {settings}. Rules of your own may follow.
from bench.plan.source import SUITE


include: SUITE / "Snakefile"


rule everything:
    default_target: True
    input:
        rules.all.input,
"""
IGNORED = ".snakemake/\nreports/\nlogs/\nresults/data/\nresults/probes/\nresults/runs/\nresults/work/\n__pycache__/\n"


def init(
    folder: Annotated[Path, typer.Argument(help="The folder; made where it is not there.")],
) -> None:
    """Write a workspace: a Snakefile, settings and the default profile, which work wherever the package is installed.

    Example: `python -m bench init my_work`
    """
    files = {
        folder / "Snakefile": SNAKEFILE.format(settings=WORKSPACE),
        folder / WORKSPACE: (SUITE / "config" / "config.yaml").read_text(encoding="utf-8"),
        folder / ".gitignore": IGNORED,
    }
    there = [path for path in (*files, folder / "profiles") if path.exists()]
    if there:
        raise BenchError(f"init: {there[0]} is there already, and nothing is overwritten")
    for path, text in files.items():
        write_atomically(path, text)
    shutil.copytree(SUITE / "profiles", folder / "profiles")
    print(
        f"{folder}/ is a workspace: settings in {WORKSPACE}, the workflow in Snakefile, profiles of clusters in profiles/. Then"
    )
    if folder.resolve() != Path.cwd():
        print(f"  cd {folder}")
    print("  snakemake --cores all reports/table2.html")
