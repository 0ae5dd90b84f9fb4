"""``data``: fetch, look at and prepare datasets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.common import Log, Set, SettingsFile, logged, plan_of
from bench.plan import BenchError, Plan, one_of
from bench.plan.catalogue import dataset_facts, dataset_files
from bench.plan.datakeys import DATA_CACHE

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

    from bench.data import Check

app = typer.Typer(help="Fetch, check and prepare datasets.", no_args_is_help=True, rich_markup_mode="markdown")
Name = Annotated[str, typer.Argument(help="A dataset, as `python -m bench list datasets` names it.")]

Options = Annotated[
    list[str] | None, typer.Option(help="An option of the set, as docs/data.md lists them; repeatable.", metavar="NAME=VALUE")
]
MOST_PROBLEMS = 30  # that are shown of one set
PARTS = {"sbd": ("voc", {"split": "voc2012_aug"})}  # what is fetched under a name of its own: its set and that set's options


@app.command()
def fetch(
    name: Name,
    into: Annotated[Path | None, typer.Option(help="Folder of the datasets' folders; data_dir where absent.")] = None,
    mirror: Annotated[str, typer.Option(help="Ask PREFIX/NAME/FILE instead of the known addresses.", metavar="PREFIX")] = "",
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Download a dataset where its licence allows: resumed, checked, unpacked as its loader wants it.

    What is there already is not downloaded again. Sets that need a registration are named with where to ask for them. `sbd` is
    no set of its own: its masks are laid beside VOC 2012's. `check` and `prepare` take it for VOC with `split=voc2012_aug`.

    Example: `python -m bench data fetch cifar10 --set data_dir=/data`
    """
    from rich.progress import DownloadColumn, TransferSpeedColumn

    from bench.data.fetching import fetch_dataset, fetch_sbd

    bring = fetch_sbd if name in PARTS else partial(fetch_dataset, name)
    root = str(into) if into is not None else plan_of(settings, settings_file).settings.data_dir
    if not root:
        raise BenchError("data fetch: no folder to put it in; give --set data_dir=/data or --into /data")
    with _bars(DownloadColumn(), TransferSpeedColumn()) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(file: str, done: int, total: int | None) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total)
            bars.update(tasks[file], completed=done, total=total)

        try:
            bring(root, mirror, partial(print, flush=True), advance)
        except KeyboardInterrupt:
            raise BenchError("data fetch: interrupted; what has come is kept and the same command goes on from there") from None
    print(f"next: python -m bench data check {name} --set data_dir={root}")


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="A dataset; all of them where absent.")] = None,
    all_files: Annotated[bool, typer.Option(help="Open every picture of a streamed set, not one of every class.")] = False,
    option: Options = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Count the images per class, measure them and print the digest; name what is missing or damaged.

    Without a name every set is checked whose folder is in data_dir, and every generated one.

    Example: `python -m bench data check opensarship --set data_dir=/data`
    """
    root = plan_of(settings, settings_file).settings.data_dir
    if name is None:
        if option:
            raise BenchError("data check: --option needs a dataset's name")
        _check_all(root, all_files)
        return
    name, own = PARTS.get(name, (name, {}))
    found = _checked(name, {**own, **options_of(option)}, root, all_files)
    print(f"{found.title} ({name}){': stand-in data, generated' if found.stand_in else ''}")
    width = max(map(len, found.classes), default=0)
    for split, counts in found.counts.items():
        of = f", {found.counted} per class:" if found.counted else ""
        print(f"  {split}: {_images(found, split)} images{of}")
        for label, count in counts.items():
            print(f"    {label:<{width}}  {count}")
    if found.digest:
        print("  side in pixels, smallest, median, largest: " + ", ".join(map(str, found.sides)))
        print(f"  digest {found.digest}{_decoded_to(name)}")
    for note in found.notes:
        print(f"  {note}")
    for problem in found.problems[1:MOST_PROBLEMS]:
        print(f"  {problem}")
    if found.problems:
        raise BenchError(_first(found.problems))


def _decoded_to(name: str) -> str:
    """At which size the digest of a decoded set was taken; of pictures that stay in their files there is one for all."""
    from bench.data.store.check import CHECK_SIZE

    facts = dataset_facts(name)
    as_they_are = "task" in facts or facts.get("streams")
    return "" if as_they_are else f" (at {CHECK_SIZE} pixels; a record's is at its recipe's size)"


def _check_all(root: str, all_files: bool) -> None:
    """A line for every set; those of which nothing is there are no fault."""
    from bench.data.store.registry import AbsentError, source_folder

    if root and not Path(root).is_dir():
        raise BenchError(f"data_dir '{root}' is not a folder")
    faults = []
    for name in sorted(dataset_files()):
        try:
            source_folder(name, root)
        except AbsentError:
            print(f"{name}: not there")
            continue
        except BenchError:
            pass  # what is wrong comes again, with the check
        found = _checked(name, {}, root, all_files)
        if found.problems:
            faults.append(name)
            print(f"{name}: {_first(found.problems)}")
        else:
            train, test = (_images(found, split) for split in found.counts)
            print(
                f"{name}: {train} training and {test} test images of {len(found.classes)} classes, digest {found.digest[:12]}"
            )
    if faults:
        raise BenchError(f"data check: {', '.join(faults)} cannot be used")


def _images(found: Check, split: str) -> int:
    return found.images.get(split, sum(found.counts[split].values()))


def _checked(name: str, options: dict[str, object], root: str, all_files: bool) -> Check:
    from rich.progress import MofNCompleteColumn

    from bench.data import check_dataset

    with _bars(MofNCompleteColumn(), transient=True) as bars:
        task = bars.add_task(name, total=None)
        return check_dataset(name, options, root, all_files, lambda done, total: bars.update(task, completed=done, total=total))


def _bars(*columns: ProgressColumn, transient: bool = False) -> Progress:
    """Bars with these columns, on standard error and where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    whole = TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn()
    return Progress(*whole, console=console, disable=not console.is_terminal, transient=transient)


def _first(problems: Sequence[str]) -> str:
    """The first of a set's problems, and how many more there are."""
    return problems[0] + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


@app.command()
def prepare(
    name: Annotated[str | None, typer.Argument(help="A dataset; absent with --key.")] = None,
    key: Annotated[str | None, typer.Option(help="A folder of results/data, as the workflow asks for it.")] = None,
    size: Annotated[int, typer.Option(help="Side of the stored images in pixels.")] = 64,
    option: Options = None,
    log: Log = None,
    settings: Set = None,
    settings_file: SettingsFile = None,
) -> None:
    """Decode a dataset once into the memory-mapped cache that trainings read.

    Example: `python -m bench data prepare opensarship --size 64 --set data_dir=/data`
    """
    from bench.data import prepare_dataset

    plan = plan_of(settings, settings_file)
    with logged(log):
        if key is not None and option:
            raise BenchError("data prepare: --key says the options already; leave --option out")
        if key is not None:
            wanted = stored_data(plan)
            if key not in wanted:
                raise BenchError(f"no recipe uses data '{key}'; {one_of(key, wanted)}")
            name, size, options = wanted[key]
        elif name is None:
            raise BenchError("data prepare: name a dataset")
        else:
            name, own = PARTS.get(name, (name, {}))
            options = {**own, **options_of(option)}
        manifest = prepare_dataset(name, size, options, plan.settings.data_dir, DATA_CACHE)
        if key is None:
            print(json.dumps(manifest, indent=1))
        else:
            images = _prepared(manifest)
            print(f"{manifest['title']}: {images} images of {size} pixels prepared, digest {manifest['digest'][:12]}")


def _prepared(manifest: Mapping[str, Any]) -> int:
    """How many images a manifest is of; of masks and boxes there is a number per side, of classes one per class."""
    if "images" in manifest:
        return sum(manifest["images"].values())
    return sum(sum(counts.values()) for counts in manifest["counts"].values())


def stored_data(plan: Plan) -> dict[str, tuple[str, int, dict[str, object]]]:
    """Every decoded form of a dataset that some cell asks for, by its key."""
    wanted = {}
    for paper in plan.papers.values():
        for item in paper.items:
            for cell in plan.cells_of(paper.name, item):
                data = plan.resolve(cell.run(plan.settings.seeds[0]))["data"]
                wanted[data["key"]] = (data["name"], data["size"], data["options"])  # type: ignore[index]
    return wanted


def options_of(words: list[str] | None) -> dict[str, object]:
    """The options of a dataset that were given on the command line; what looks like a number is one.

    Raises
    ------
    BenchError
        If one is not of the form NAME=VALUE.
    """
    found: dict[str, object] = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not name or not sign:
            raise BenchError(f"--option {word}: expected NAME=VALUE")
        try:
            found[name] = float(value)
        except ValueError:
            found[name] = value
    return found
