"""From a method's name to its class and hyper-parameters."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.methods._method import Method
from bench.plan import BenchError, one_of
from bench.plan.catalogue import PACKAGE, method_files
from bench.plan.hyperparameters import ALLOWED, unwritable_value
from bench.plan.plugins import look_beside


def load_method(name: str, plugins: Iterable[str] = ()) -> type[Method]:
    """The class of a method.

    Raises
    ------
    BenchError
        If there is no such file, if it does not import, or if it does not hold exactly one public method class.
    """
    files = method_files(plugins)
    if name not in files:
        raise BenchError(f"unknown method '{name}'; {one_of(name, files)}")
    module = _import(name, files[name])
    classes = [
        item
        for _, item in inspect.getmembers(module, inspect.isclass)
        if issubclass(item, Method) and item.__module__ == module.__name__ and not item.__name__.startswith("_")
    ]
    if len(classes) != 1:
        raise BenchError(f"{files[name].name}: expected one public class deriving from Method, found {len(classes)}")
    if classes[0].forward.__name__ == "step":
        print(f"{files[name].name}: 'step' is called 'forward' now; rename it (it works as it is)", file=sys.stderr)
    return classes[0]


def _import(name: str, path: Path) -> ModuleType:
    if path.parent == PACKAGE / "methods":
        return importlib.import_module(f"bench.methods.{name}")
    look_beside(path)
    qualified = f"bench_plugin_{name}"
    spec = importlib.util.spec_from_file_location(qualified, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[qualified] = module  # dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BenchError(f"plug-in {path.name} does not import: {type(error).__name__}: {error}") from error
    return module


def params_of(method: type[Method], given: Mapping[str, Any]) -> Any:
    """A method's hyper-parameters: its defaults with what the variant gives.

    Raises
    ------
    BenchError
        On an unknown key, a value of the wrong type, or one that no record can hold.
    """
    if not is_dataclass(method.Params):
        raise BenchError(f"method {method.__name__}: Params is no dataclass; write @dataclass(frozen=True) above it")
    known = {item.name: item for item in fields(method.Params)}
    for key in given:
        if key not in known:
            raise BenchError(f"method {method.__name__} has no hyper-parameter '{key}'; {one_of(key, known)}")
    try:
        params = method.Params(**given)
    except (TypeError, ValueError) as error:
        raise BenchError(f"method {method.__name__}: {error}") from None
    for name in known:
        reason = unwritable_value(getattr(params, name))
        if reason:
            raise BenchError(f"method {method.__name__}: {name} is {reason}, which no record can hold; {ALLOWED}")
    return params
