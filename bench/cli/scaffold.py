"""``new-method``: the files that a method of one's own begins with."""

from __future__ import annotations

import importlib.util
import keyword
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.common import plan_of
from bench.plan import BenchError
from bench.plan.catalogue import method_files
from bench.plan.files import write_atomically

TEMPLATES = Path(__file__).with_name("templates")
TAKEN = ("Batch", "Clock", "Method", "Step")  # by what the template imports


def new_method(
    name: Annotated[str, typer.Argument(help="The method's name, and so its file's: a Python identifier such as soft_labels.")],
) -> None:
    """Write NAME.py, a method that runs as it is, and test_NAME.py, which says what is wrong with it, here.

    Example: `python -m bench new-method soft_labels`
    """
    words = [word for word in name.split("_") if word]
    class_name = "".join(word[:1].upper() + word[1:] for word in words)
    files = {Path(f"{name}.py"): "method.py.j2", Path(f"test_{name}.py"): "test_method.py.j2"}
    _check(name, class_name, list(files))
    values = {"name": name, "class_name": class_name, "label": " ".join(words).capitalize()}
    for path, template in files.items():
        write_atomically(path, _rendered(template, values))
    print(f"{name}.py and test_{name}.py are written: replace the marked term, then")
    print(f"  python -m pytest test_{name}.py")
    print(f"  snakemake --cores all reports/compare/{name}.html --config new_method={name}.py")


def _check(name: str, class_name: str, files: list[Path]) -> None:
    """Refuse a name that cannot be a method's, and files that are there.

    Raises
    ------
    BenchError
        In one line that says what is allowed.
    """
    if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name) or not name[0].isalpha():
        raise BenchError(f"new-method '{name}': not a Python identifier; allowed: letters, digits and _, a letter first")
    if name in method_files():
        raise BenchError(f"new-method '{name}': a method of that name exists already (python -m bench list methods)")
    for paper in plan_of(None).papers.values():
        if name in paper.variants:  # the new method becomes one of them, by its name, where it is compared
            raise BenchError(f"new-method '{name}': paper '{paper.name}' has a variant of that name; take another")
    for path in files:
        if path.exists() or path.is_symlink():
            raise BenchError(f"new-method '{name}': {path} is there already, and nothing is overwritten")
    # The working directory comes first where Python looks for modules: a file torch.py would be everybody's torch.
    if class_name in TAKEN or importlib.util.find_spec(name) is not None:
        raise BenchError(f"new-method '{name}': the name of a module or class that Python code here imports; take another")


def _rendered(template: str, values: dict[str, str]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    files = FileSystemLoader(TEMPLATES)
    # Python, not HTML, and the name is an identifier: nothing to escape.
    environment = Environment(loader=files, undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.get_template(template).render(values)
