"""What the plan reads of a method's file without running it: the right class, its bases, its hyper-parameters."""

import pytest

from bench.methods import load_method
from bench.plan import BenchError, Plan, settings_from
from bench.plan.catalogue import method_facts, method_files

HEAD = """
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Optional
from torch import nn
from bench.methods import Method, Step
from bench.methods.kd import HintonDistillation as Teacherly
import bench.methods.kd as module
from bench.methods import kd
"""


@pytest.fixture(scope="module")
def head():
    return HEAD.replace("HintonDistillation", method_facts(method_files()["kd"])["class"])


def facts(folder, text, head, name="mine_read"):
    (folder / f"{name}.py").write_text(head + text)
    return method_facts(folder / f"{name}.py")


@pytest.mark.parametrize(
    "text",
    [
        "class Head(nn.Module):\n    label = 'no'\n\nclass Mine(Method):\n    label = 'Mine'\n    teacher_roles = ('offline',)",
        "@dataclass\nclass Pair:\n    a: int = 1\n\nclass Mine(Method):\n    label = 'Mine'\n    teacher_roles = ['offline']",
        "class Mine(Method):\n    label: ClassVar[str] = 'Mine'\n    teacher_roles: ClassVar[tuple[str, ...]] = ('offline',)",
        "class Mine(Teacherly):\n    label = 'Mine'",
        "class Mine(module.NAME):\n    label = 'Mine'",
        "class Mine(kd.NAME):\n    label = 'Mine'",
        "Base = kd.NAME\nclass Mine(Base):\n    label = 'Mine'",
        "Base = [value for value in vars(kd).values()][0]\nclass Mine(Base):\n    label = 'Mine'",
        "class _Base(Method):\n    teacher_roles = ('offline',)\n\nclass Mine(_Base):\n    label = 'Mine'",
        "ROLES = ('offline',)\nclass Mine(Method):\n    label = 'Mine'\n    teacher_roles = ROLES",
        "if True:\n    class Mine(Method):\n        label = 'Mine'\n        teacher_roles = ('offline',)",
        "import near_base\nclass Mine(near_base.Base):\n    label = 'Mine'",
        "from near_base import *\nclass Mine(Base):\n    label = 'Mine'",
    ],
)
def test_the_right_class_and_its_teachers_are_found(tmp_path, head, text):
    (tmp_path / "near_base.py").write_text(
        "from bench.methods import Method\nclass Base(Method):\n    teacher_roles = ('offline',)"
    )
    name = method_facts(method_files()["kd"])["class"]
    found = facts(tmp_path, text.replace("NAME", name), head)
    assert (found["class"], found["label"], tuple(found["teacher_roles"])) == ("Mine", "Mine", ("offline",))
    path = tmp_path / "mine_read.py"
    plan = Plan(settings_from({"new_method": str(path), "compare": ["drrnet/table2"]}))
    run = plan.cell("drrnet", "opensarship", "resnet18", "mine_read").run(0)
    assert plan.teachers(run)["offline"].cell.variant == "baseline"


def test_every_method_of_the_suite_reads_as_it_runs():
    for name, path in method_files().items():
        found, kind = method_facts(path), load_method(name)
        assert (found["class"], tuple(found.get("teacher_roles", ()))) == (kind.__name__, kind.teacher_roles)
        assert set(found["hyperparameters"]) == set(kind.Params.__dataclass_fields__)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("class Mine(Method):\n    teacher_roles = 'offline'", "not a tuple"),
        ("class Mine(Method):\n    teacher_roles = tuple(x for x in 'a')", r"line 10: teacher_roles is computed"),
        ("class Mine(Method):\n    pass\nclass Other(Method):\n    pass", r"found 2 \(Mine, Other\)"),
        ("x = 1", "holds no method class"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, head, text, line):
    with pytest.raises(BenchError, match=line):
        facts(tmp_path, text, head)


PARAMS = "class Mine(Method):\n    label = 'Mine'\n    @dataclass(frozen=True)\n    class Params:\n        x: {}"


@pytest.mark.parametrize(
    "text",
    ["object = lambda z: z", "object = {1, 2}", "object = frozenset({1})", "bytes = b'a'", "complex = 2j", "float = 1e999",
     "object = (1, {2})", "object = {1: 2}", "object = field(default=lambda: 1)", "object = field(default_factory=set)",
     "object = field(default_factory=lambda: {1})", "object = set()"],
)  # fmt: skip
def test_a_default_that_no_record_can_hold_is_refused_before_anything_runs(tmp_path, head, text):
    with pytest.raises(BenchError, match="the default of x is .*which no record can hold"):
        facts(tmp_path, PARAMS.format(text), head)


@pytest.mark.parametrize(
    ("text", "value", "fits"),
    [
        ("float = 1.0", 2, True), ("float = 1.0", "two", False), ("float = 1.0", True, False), ("float = 1.0", None, False),
        ("int = 1", 2, True), ("int = 1", 2.5, False), ("int = 1", False, False), ("str = 'a'", 1, False),
        ("bool = True", 1, False),
        ("bool = True", False, True), ("float | None = None", None, True), ("Optional[int] = None", "a", False),
        ("tuple[float, ...] = ()", [1, 2], True), ("tuple[float, ...] = ()", 1.0, False),
        ("tuple[int, int] = (1, 2)", [1], False),
        ("list[int] = field(default_factory=list)", ["a"], False),
        ("dict[str, float] = field(default_factory=dict)", {"a": 1}, True),
        ("Literal['a', 'b'] = 'a'", "c", False), ("Literal['a', 'b'] = 'a'", "b", True), ("'float' = 1.0", "a", False),
        ("Kind = 'a'", "a", True), ("Kind = 'a'", "z", False), ("Anything = 1", "a", True),
    ],
)  # fmt: skip
def test_values_of_the_wrong_kind_are_refused_when_planned(tmp_path, head, text, value, fits):
    facts(tmp_path, "Kind = Literal['a']\n" + PARAMS.format(text), head)
    path = str(tmp_path / "mine_read.py")
    settings = {"new_method": path, "compare": ["drrnet/table2"], "new_method_params": {"x": value}}
    plan = Plan(settings_from(settings))
    run = plan.cell("drrnet", "opensarship", "resnet18", "mine_read").run(0)
    given = plan.paper("drrnet").variants["mine_read"].params["x"]
    if fits:
        assert plan.resolve(run)["method"]["params"] == {"x": given}
    else:
        with pytest.raises(BenchError, match="method 'mine_read': x is .*; allowed: "):
            plan.resolve(run)


def test_an_unknown_hyperparameter_is_refused_when_planned(tmp_path, head):
    facts(tmp_path, PARAMS.format("float = 1.0"), head)
    settings = {"new_method": str(tmp_path / "mine_read.py"), "compare": ["drrnet/table2"], "new_method_params": {"y": 1}}
    plan = Plan(settings_from(settings))
    with pytest.raises(BenchError, match="has no hyper-parameter 'y'; allowed: x"):
        plan.resolve(plan.cell("drrnet", "opensarship", "resnet18", "mine_read").run(0))


def test_hyperparameters_are_inherited(tmp_path, head):
    text = "class Mine(Teacherly):\n    label = 'M'\n"
    text += "    @dataclass(frozen=True)\n    class Params(Teacherly.Params):\n        new: int = 3"
    found = facts(tmp_path, text, head)["params"]
    assert found == {**method_facts(method_files()["kd"])["params"], "new": 3}
