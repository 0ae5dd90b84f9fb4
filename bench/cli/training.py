"""``train`` and ``export``: the seeds of one cell, and a trained network for use elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.common import Log, Set, logged, plan_of
from bench.plan import BenchError, Plan, Run, parse_run
from bench.records.launch import is_first, is_member, own_gpus, train_together


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
    parsed, plan = _plan_for(runs, settings)
    if len({run.cell for run in parsed}) > 1:
        raise BenchError("train: the runs of one call must be of one cell and differ in their seeds alone")
    with own_gpus(plan, parsed[0]):
        if plan.devices(parsed[0]) > 1 and not is_member():
            raise typer.Exit(train_together(plan, parsed, log))
        log = log if is_first() else None
        with logged(log):
            from bench.records.job import Job

            code = Job(plan, parsed, log).work()
    raise typer.Exit(code)


def train_in_turn(plan: Plan, runs: list[Run]) -> None:
    """Train runs, teachers first, a cell after the other; what is trained already is only looked at.

    Raises
    ------
    Exit
        With the code of the first cell that could not be trained.
    """
    from bench.records.job import Job

    for cell in dict.fromkeys(run.cell for run in runs):
        own = [run for run in runs if run.cell == cell]
        with own_gpus(plan, own[0]):
            code = train_together(plan, own, None) if plan.devices(own[0]) > 1 else Job(plan, own).work()
        if code:
            raise typer.Exit(code)


def export(
    run: Annotated[str, typer.Argument(help="A trained run: SCALE/PAPER/DATASET/BACKBONE/VARIANT/seedN.")],
    file: Annotated[Path, typer.Argument(help="Where the state dict goes; torch.load(FILE) reads it.")],
    settings: Set = None,
) -> None:
    """Write the plain network that a run trained as a state dict; what trained beside it is left behind.

    Weights are kept of teachers, and of every run that was trained with `--set keep_weights=true`.

    Example: `python -m bench export demo/drrnet/fusar/resnet18/dlb/seed0 dlb.pt`
    """
    from bench.records.export import export_weights

    parsed, plan = _plan_for([run], settings)
    count = export_weights(plan, parsed[0], file)
    print(f"{file}: {count} tensors of {parsed[0].cell.backbone}")


def _plan_for(runs: list[str], settings: list[str] | None) -> tuple[list[Run], Plan]:
    """The runs and a plan at their scale."""
    parsed = [parse_run(run) for run in runs]
    scale = parsed[0].cell.scale
    return parsed, plan_of([f"scale={scale}", *(item for item in settings or () if not item.startswith("scale="))])
