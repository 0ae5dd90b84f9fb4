"""``train``: the seeds of one cell."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.common import Log, Set, logged, plan_of
from bench.plan import BenchError, parse_run


def train(
    runs: Annotated[
        list[str], typer.Argument(help="Runs of one cell: SCALE/PAPER/DATASET/BACKBONE/VARIANT/seedN.", metavar="RUN...")
    ],
    log: Log = None,
    settings: Set = None,
) -> None:
    """Train runs, each from its checkpoint if there is one, and write their records.

    Example: `python -m bench train demo/drrnet/fusar/resnet18/dlb/seed0`
    """
    parsed = [parse_run(run) for run in runs]
    scale = parsed[0].cell.scale
    plan = plan_of([f"scale={scale}", *(item for item in settings or () if not item.startswith("scale="))])
    if len({run.cell for run in parsed}) > 1:
        raise BenchError("train: the runs of one call must be of one cell and differ in their seeds alone")
    with logged(log):
        from bench.records.job import Job

        code = Job(plan, parsed, log).work()
    raise typer.Exit(code)
