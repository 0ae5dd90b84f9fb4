"""``train`` and ``export``: the runs of a job, and a trained network for use elsewhere."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.jobs.launch import REQUEUE, is_first, is_member, own_gpus, train_together
from bench.plan import BenchError, Plan, Run, one_of, parse_run

if TYPE_CHECKING:
    from bench.jobs.job import Job


def train(
    runs: Annotated[
        list[str], typer.Argument(help="Runs of one scale: SCALE/PAPER/DATASET/BACKBONE/VARIANT/seedN.", metavar="RUN...")
    ],
    with_teachers: Annotated[
        bool, typer.Option("--with-teachers", help="Train what they learn from first, where it is not trained.")
    ] = False,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Train runs, each from its checkpoint if there is one, and write their records.

    Example: `python -m bench train demo/drrnet/fusar/resnet18/dlb/seed0`
    """
    parsed, plan = _plan_for(runs, settings, settings_file)
    if with_teachers:
        parsed = plan.with_teachers(parsed)
    worst, began = 0, time.monotonic()
    for code in _each_cell(plan, parsed, log):
        worst = max(worst, code)  # a cell that could not be tried leaves the others
        if code == REQUEUE:
            break
    if worst != REQUEUE and is_first() and not is_member():
        from bench.jobs.summing import job_line

        print(job_line(plan, parsed, time.monotonic() - began), flush=True)
    raise typer.Exit(worst)


def train_in_turn(plan: Plan, runs: list[Run]) -> None:
    """Train runs, teachers first, a cell after the other; what is trained already is only looked at.

    Raises
    ------
    Exit
        With the code of the first cell that could not be trained.
    """
    for code in _each_cell(plan, runs, None):
        if code:
            raise typer.Exit(code)


def _each_cell(plan: Plan, runs: list[Run], log: Path | None) -> Iterator[int]:
    """Train runs, a cell after the other; gives the exit code of each."""
    divided = not is_member() and any(plan.devices(run) > 1 for run in runs)
    own_log = log if is_first() and not divided else None
    with own_gpus(plan, max(runs, key=plan.devices)), logged(own_log):
        for cell in dict.fromkeys(run.cell for run in runs):
            own = [run for run in runs if run.cell == cell]
            if divided and plan.devices(own[0]) > 1:
                yield train_together(plan, own, log)
            else:
                yield trainer()(plan, own, own_log).work()


@cache
def trainer() -> type[Job]:
    """Import what trains, torch with it.

    Most of a start is the making of objects that live to the end. Looking through them for garbage again and again is a sixth
    of it, so that is put off, and they are left out of every later look.
    """
    gc.disable()
    import torch._dynamo  # noqa: F401 -- torch's optimisers would import it at their first step

    from bench.jobs.job import Job

    gc.freeze()
    gc.enable()
    return Job


def export(
    run: Annotated[str, typer.Argument(help="A trained run: SCALE/PAPER/DATASET/BACKBONE/VARIANT/seedN.")],
    file: Annotated[Path, typer.Argument(help="Where the state dict goes; torch.load(FILE) or safetensors reads it.")],
    kind: Annotated[str, typer.Option("--format", help="torch, or safetensors, which can hold nothing but tensors.")] = "torch",
    predictions: Annotated[
        bool, typer.Option("--predictions", help="Of segmentation and detection: what it predicts for the test pictures.")
    ] = False,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Write the plain network that a run trained as a state dict; what trained beside it is left behind.

    With `--predictions` FILE is a folder of masks (palette PNGs), or of a detector a file in COCO's result format.

    Weights are kept of teachers, and of every run that was trained with `--set keep_weights=true`.

    Example: `python -m bench export demo/drrnet/fusar/resnet18/dlb/seed0 dlb.pt`
    """
    from bench.jobs.export import FORMATS, export_weights

    if kind not in FORMATS:
        raise BenchError(f"export --format {kind}; {one_of(kind, FORMATS)}")
    parsed, plan = _plan_for([run], settings, settings_file)
    if predictions:
        from bench.jobs.predictions import export_predictions

        print(f"{file}: predictions for {export_predictions(plan, parsed[0], file)} test pictures")
        return
    count = export_weights(plan, parsed[0], file, kind)
    print(f"{file}: {count} tensors of {parsed[0].cell.backbone}")


def _plan_for(runs: list[str], settings: list[str] | None, file: Path | None) -> tuple[list[Run], Plan]:
    """The runs and a plan at their scale."""
    parsed = [parse_run(run) for run in runs]
    scale, *others = dict.fromkeys(run.cell.scale for run in parsed)
    if others:
        raise BenchError(f"the runs of one call must be of one scale, and these are of '{scale}' and '{others[0]}'")
    own = [item for item in settings or () if not item.startswith("scale=")]
    plan = plan_of([f"scale={scale}", *own], file)
    for run in parsed:
        plan.resolve(run)  # says in a line which part of an id is unknown
    return parsed, plan
