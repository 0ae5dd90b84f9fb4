"""``new-method``, ``new-dataset``, ``new-backbone``, ``new-paper``: the files that something of one's own begins with."""

from __future__ import annotations

import importlib.util
import keyword
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.common import plan_of
from bench.plan import BenchError, one_of
from bench.plan.catalogue import backbone_files, dataset_files, method_files
from bench.plan.files import write_atomically
from bench.plan.metrics import USUAL_TASK
from bench.plan.plugins import kind_of

TEMPLATES = Path(__file__).with_name("templates")
COMPARED = {"classification": "", "segmentation": " compare=[frskd/table4]", "detection": " compare=[reviewkd/detection]"}
TAKEN = ("Batch", "Clock", "Method", "Step")  # by what the template imports
Name = Annotated[str, typer.Argument(help="Its name, and so its file's: a Python identifier such as soft_labels.")]
Plugins = Annotated[
    list[str] | None, typer.Option("--with", help="A plug-in that the paper uses; may be given again.", metavar="FILE")
]


def new_method(
    name: Name,
    task: Annotated[str, typer.Option(help="What it trains: classification, segmentation or detection.")] = USUAL_TASK,
) -> None:
    """Write NAME.py, a method that runs as it is, and test_NAME.py, which says what is wrong with it, here.

    Example: `python -m bench new-method soft_labels --task segmentation`
    """
    files = _module_files(name, "method")
    if task not in COMPARED:
        raise BenchError(f"new-method, --task {task}: unknown; {one_of(task, COMPARED)}")
    _check("new-method", name, files, method_files(), "method")
    for paper in plan_of(None).papers.values():
        if name in paper.variants:  # the new method becomes one of them, by its name, where it is compared
            raise BenchError(f"new-method '{name}': paper '{paper.name}' has a variant of that name; take another")
    _write(name, files, task=task)
    _say(
        name,
        f"{name}.py and test_{name}.py",
        "the marked term",
        f"snakemake --cores all reports/compare/{name}.html --config new_method={name}.py{COMPARED[task]}",
    )


def new_dataset(name: Name) -> None:
    """Write NAME.py, a generated dataset to replace with one of your own, and test_NAME.py, which reads it, here.

    Example: `python -m bench new-dataset my_ships`
    """
    files = _module_files(name, "dataset")
    _check("new-dataset", name, files, dataset_files(), "dataset")
    _write(name, files)
    _say(
        name,
        f"{name}.py and test_{name}.py",
        "the marked lines",
        f"python -m bench data check {name} --set plugins=[{name}.py]",
    )


def new_backbone(name: Name) -> None:
    """Write NAME.py, a small network to replace with one of your own, and test_NAME.py, which trains a step of it, here.

    Example: `python -m bench new-backbone my_net`
    """
    files = _module_files(name, "backbone")
    _check("new-backbone", name, files, backbone_files(), "backbone")
    _write(name, files)
    _say(name, f"{name}.py and test_{name}.py", "the marked module", f"python -m bench show {name} --set plugins=[{name}.py]")


def new_paper(
    name: Name,
    dataset: Annotated[str, typer.Option(help="The dataset of its first table.")] = "cifar10",
    backbone: Annotated[str, typer.Option(help="The backbone of its first table.")] = "resnet20_cifar",
    plugins: Plugins = None,
) -> None:
    """Write NAME.yaml (a recipe, two variants, a table), NAME/table1.csv (its printed numbers) and test_NAME.py, here.

    Example: `python -m bench new-paper my_paper --dataset cifar10 --backbone resnet20_cifar`
    """
    used = list(plugins or ())
    words = [f"plugins=[{','.join(used)}]"]
    papers = plan_of(words).papers  # the plug-ins' datasets and backbones are known from here on
    files = {f"{name}.yaml": "paper.yaml.j2", f"{name}/table1.csv": "table1.csv.j2", f"test_{name}.py": "test_paper.py.j2"}
    _check("new-paper", name, files, papers, "paper")
    for word, known, what in ((dataset, dataset_files(), "dataset"), (backbone, backbone_files(), "backbone")):
        if word not in known:
            raise BenchError(f"new-paper, --{what} {word}: unknown; {one_of(word, known)}")
    beside = [path for path in used if kind_of(path) != "paper"]
    _write(name, files, dataset=dataset, backbone=backbone, plugins=beside)
    _say(
        name,
        f"{name}.yaml, {name}/table1.csv and test_{name}.py",
        "what is marked",
        f"snakemake --cores all reports/{name}/table1.html --config plugins=[{','.join([f'{name}.yaml', *used])}]",
    )


def _module_files(name: str, kind: str) -> dict[str, str]:
    """The files of a Python plug-in, each with its template."""
    return {f"{name}.py": f"{kind}.py.j2", f"test_{name}.py": f"test_{kind}.py.j2"}


def _say(name: str, written: str, marked: str, command: str) -> None:
    """What is there now, and the two commands that go on from it."""
    print(f"{written} are written: replace {marked}, then")
    print(f"  python -m pytest test_{name}.py")
    print(f"  {command}")


def _write(name: str, files: Mapping[str, str], **more: object) -> None:
    words = [word for word in name.split("_") if word]
    values = {"name": name, "class_name": _class_name(name), "label": " ".join(words).capitalize(), **more}
    for path, template in files.items():
        write_atomically(Path(path), _rendered(template, values))


def _class_name(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_") if word)


def _check(command: str, name: str, files: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuse a name that cannot be a module's, or is taken, and files that are there.

    Raises
    ------
    BenchError
        In one line that says what is allowed.
    """
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or not name[0].isalpha():
        raise BenchError(f"{command} '{name}': not a Python identifier; allowed: letters, digits and _, a letter first")
    if name in known:
        raise BenchError(
            f"{command} '{name}': a {what} of that name exists already (python -m bench list {what.replace(' ', '')}s)"
        )
    for path in map(Path, files):
        if path.exists() or path.is_symlink():
            raise BenchError(f"{command} '{name}': {path} is there already, and nothing is overwritten")
    # The working directory comes first where Python looks for modules: a file torch.py would be everybody's torch.
    if _class_name(name) in TAKEN or importlib.util.find_spec(name) is not None:
        raise BenchError(f"{command} '{name}': the name of a module or class that Python code here imports; take another")


def _rendered(template: str, values: Mapping[str, object]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    files = FileSystemLoader(TEMPLATES)
    # Code and tables, not HTML, and the names are identifiers: nothing to escape.
    environment = Environment(loader=files, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.get_template(template).render(values)
