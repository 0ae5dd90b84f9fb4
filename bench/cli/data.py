"""``data``: fetch, look at and prepare data sets."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.plan import BenchError, Plan, one_of
from bench.plan.datakeys import DATA_CACHE

if TYPE_CHECKING:
    from rich.progress import TaskID

app = typer.Typer(help="Fetch, check and prepare data sets.", no_args_is_help=True, rich_markup_mode="markdown")
Name = Annotated[str, typer.Argument(help="A data set, as `python -m bench list datasets` names it.")]


@app.command()
def fetch(
    name: Name,
    into: Annotated[Path | None, typer.Option(help="Folder of the data sets' folders; data_dir where absent.")] = None,
    mirror: Annotated[str, typer.Option(help="Ask PREFIX/NAME/FILE instead of the known addresses.", metavar="PREFIX")] = "",
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Download a data set where its licence allows: resumed, checked, unpacked as its loader wants it.

    What is there already is not downloaded again. Sets that need a registration are named with where to ask for them.

    Example: `python -m bench data fetch cifar10 --set data_dir=/data`
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from bench.data import fetch_dataset

    root = str(into) if into is not None else plan_of(settings, settings_file).settings.data_dir
    if not root:
        raise BenchError("data fetch: no folder to put it in; give --set data_dir=/data or --into /data")
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total)
            bars.update(tasks[file], completed=done, total=total)

        try:
            fetch_dataset(name, root, mirror, partial(print, flush=True), advance)
        except KeyboardInterrupt:
            raise BenchError("data fetch: interrupted; what has come is kept and the same command goes on from there") from None
    print(f"next: python -m bench data check {name} --set data_dir={root}")


@app.command()
def check(name: Name, settings: Set = None, settings_file: SettingsFile = None) -> None:
    """Count the images per class, measure them and print the digest; name what is missing or damaged.

    Example: `python -m bench data check opensarship --set data_dir=/data`
    """
    from bench.data import check_dataset

    found = check_dataset(name, {}, plan_of(settings, settings_file).settings.data_dir)
    print(f"{found.title} ({name}){': stand-in data, generated' if found.stand_in else ''}")
    width = max(map(len, found.classes))
    for split, counts in found.counts.items():
        print(f"  {split}: {sum(counts.values())} images")
        for label, count in counts.items():
            print(f"    {label:<{width}}  {count}")
    if found.digest:
        print("  side in pixels, smallest, median, largest: " + ", ".join(map(str, found.sides)))
        print(f"  digest {found.digest}")
    for note in found.notes:
        print(f"  {note}")
    if found.problems:
        raise BenchError("; ".join(found.problems))


@app.command()
def prepare(
    name: Annotated[str | None, typer.Argument(help="A data set; absent with --key.")] = None,
    key: Annotated[str | None, typer.Option(help="A folder of results/data, as the workflow asks for it.")] = None,
    size: Annotated[int, typer.Option(help="Side of the stored images in pixels.")] = 64,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Decode a data set once into the memory-mapped cache that trainings read.

    Example: `python -m bench data prepare opensarship --size 64 --set data_dir=/data`
    """
    from bench.data import prepare_dataset

    plan = plan_of(settings, settings_file)
    with logged(log):
        if key is not None:
            wanted = stored_data(plan)
            if key not in wanted:
                raise BenchError(f"no recipe uses data '{key}'; {one_of(key, wanted)}")
            name, size, options = wanted[key]
        elif name is None:
            raise BenchError("data prepare: name a data set")
        else:
            options = {}
        manifest = prepare_dataset(name, size, options, plan.settings.data_dir, DATA_CACHE)
        print(json.dumps(manifest, indent=1))


def stored_data(plan: Plan) -> dict[str, tuple[str, int, dict[str, object]]]:
    """Every decoded form of a data set that some cell asks for, by its key."""
    wanted = {}
    for paper in plan.papers.values():
        for item in (*paper.tables, *paper.figures):
            for cell in plan.cells_of(paper.name, item):
                data = plan.resolve(cell.run(plan.settings.seeds[0]))["data"]
                wanted[data["key"]] = (data["name"], data["size"], data["options"])  # type: ignore[index]
    return wanted
