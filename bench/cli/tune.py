"""``tune``: hyper-parameters on validation images."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.cli.reports import say_written
from bench.cli.training import train_in_turn


def tune(
    name: Annotated[str, typer.Argument(help="A file of config/tune, as in drrnet; without it they are listed.")] = "",
    train: Annotated[bool, typer.Option(help="Train what is not trained yet.")] = True,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Try hyper-parameters on images held out of the training set, and say which to take; no test image is read.

    Example: `python -m bench tune drrnet`
    """
    plan = plan_of(settings, settings_file)
    with logged(log):
        if not name:
            for each in plan.tunings.values():
                counts = ", ".join(f"{variant} {len(runs)}" for variant, runs in plan.tuning_runs(each.name).items())
                print(f"{each.name}: {each.title}; trainings (budget {each.budget}): {counts}")
            return
        from bench.records.record import fresh_results
        from bench.report.tuning import render_tuning, tuning_view

        tuning, wanted = plan.tuning(name), plan.tuning_runs(name)
        runs = list(dict.fromkeys(run for found in wanted.values() for run in found))
        if train:
            train_in_turn(plan, runs)
        say_written(render_tuning(plan, tuning_view(plan, tuning, fresh_results(runs))))
