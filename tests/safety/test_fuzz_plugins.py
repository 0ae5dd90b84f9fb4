"""Plug-ins as people write them, in any encoding, beside any litter; tables of numbers as spreadsheets save them."""

import json
import os

import pytest
from broken import clear, damaged_bytes, fuzzed, words
from hypothesis import strategies as st

from bench.plan import Plan, settings_from
from bench.plan.catalogue import backbone_facts, backbone_files, dataset_facts, dataset_files, method_facts
from bench.plan.plugins import kind_of, use_plugins
from bench.records.fingerprint import fingerprint
from bench.records.numbers import read_numbers

HEADS = (
    "",
    "\ufeff",
    "# -*- coding: latin-1 -*-\n",
    "# coding: cp932\n",
    "# coding: none\n",
    "#!/bin/env python\r\n",
    '"""é"""\n',
)
IMPORTS = (
    "from dataclasses import dataclass, field",
    "from typing import ClassVar",
    "from torch import nn",
    "from bench.methods import Method",
    "import beside",
    "from beside import *",
    "from beside import Base",
    "from .beside import Base",
    "from . import beside",
    "import open_me as f, bench.methods.kd as g",
    "import nothing.there",
)
PIECES = (
    "class Head(nn.Module):\n    label = 'no'",
    "@dataclass\nclass Pair:\n    a: int = {default}",
    "class Mine(Method):\n    label: ClassVar[str] = 'Mine'\n    teacher_roles: ClassVar[tuple[str, ...]] = ('offline',)",
    "class Mine(Base):\n    label = {default}",
    "class Mine(Mine):\n    label = 'Mine'",
    "class Mine(f.Other, metaclass=g):\n    teacher_roles = {default}",
    "class Mine(Method):\n    teacher_roles = tuple(x for x in 'a')",
    "class Mine(Method):\n    label = 'M'\n    @dataclass(frozen=True)\n    class Params:\n        x: {kind} = {default}",
    "class Mine(Method):\n    class Params(Base.Params):\n        x: {kind}\n        needs = {default}",
    "Base = Method",
    "Base = Base",
    "if True:\n    class Mine(Method):\n        label = 'é'",
    "DATASETS = {{'mine': {{'title': 'M', 'classes': ['a', 'b'], 'channels': 1, 'stand_in': True, 'version': {default}}}}}",
    "DATASETS = {{name: 1 for name in 'ab'}}",
    "DATASETS = {default}",
    "DATASETS: dict = {{'mine': {default}}}",
    "BACKBONES = {{'mine': {{'channels': {default}, 'stages': ['a']}}}}",
    "BACKBONES = dict(mine={{}})",
    "BACKBONES = {{'mine': {{}}, 'mine': {{}}, **{{}}}}",
    "open('owned', 'w')",
    "({word}",
)
KINDS = (
    "float",
    "int",
    "'float'",
    "float | None",
    "tuple[int, ...]",
    "Literal['a']",
    "dict[str, list[int]]",
    "nn.Module",
    "1",
    "x[",
)
DEFAULTS = ("1", "1.0", "None", "'a'", "(1, 2)", "[]", "{1}", "lambda z: z", "1e999", "-1", "10**9",
            "field(default_factory=set)", "field(default=2)", "b'a'", "{}", "{'a': {1: 2}}", "...", "f'{1}'",
            "__import__('os').system('touch owned')")  # fmt: skip
LITTER = (
    ".#x.py",
    "._mine.py",
    "mine (1).py",
    "mine.py~",
    "#mine.py#",
    "mine copy.yaml",
    "._drrnet.yaml",
    ".x.yaml.swp",
    "Thumbs.db",
)
BESIDE = "from bench.methods import Method\nclass Base(Method):\n    teacher_roles = ('offline',)\n"

lines = st.tuples(
    st.lists(st.sampled_from(IMPORTS), max_size=4), st.lists(st.sampled_from(PIECES), min_size=1, max_size=3)
).map(lambda both: "\n".join([*both[0], *both[1]]))


@st.composite
def sources(draw):
    """The bytes of a plug-in."""
    text = draw(lines).format(kind=draw(st.sampled_from(KINDS)), default=draw(st.sampled_from(DEFAULTS)), word=draw(words))
    text = draw(st.sampled_from(HEADS)) + text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    whole = text.encode(draw(st.sampled_from(["utf-8", "utf-8", "latin-1", "utf-16", "utf-32-le"])), "replace")
    return draw(st.one_of(st.just(whole), st.just(whole), damaged_bytes(whole)))


@fuzzed(data=st.data())
def test_plug_ins(watched, data):
    path, beside = watched / "mine.py", watched / "beside.py"
    path.write_bytes(data.draw(sources()))
    beside.write_bytes(data.draw(st.one_of(st.just(BESIDE.encode()), sources())))
    for file in (path, beside):  # two cases within a tick of the clock are two files all the same
        os.utime(file, ns=(0, data.draw(st.integers(1, 2**60))))
    kind = clear(lambda: kind_of(str(path)))
    try:
        clear(lambda: use_plugins([str(path)]))
        if kind == "method":
            facts = clear(lambda: method_facts(path))
            assert facts is None or json.dumps(facts["params"], allow_nan=False)
            clear(lambda: compared(path, data.draw(st.sampled_from([{}, {"x": 1}, {"x": "a"}, {"x": None, "y": [1]}]))))
        for names, facts_of in ((dataset_files, dataset_facts), (backbone_files, backbone_facts)):
            if "mine" in (clear(names) or ()):
                clear(lambda facts_of=facts_of: json.dumps(facts_of("mine"), allow_nan=False))
    finally:
        use_plugins([])
    assert not (watched / "owned").exists()


def compared(path, params):
    """What is asked of a new method before its first job."""
    plan = Plan(settings_from({"new_method": str(path), "compare": ["drrnet/table2"], "new_method_params": params}))
    run = plan.cell("drrnet", "opensarship", "resnet18", "mine").run(0)
    return plan.resolve(run), plan.teachers(run), fingerprint(plan, run)


@fuzzed(data=st.data())
def test_litter_beside_papers_and_scales(watched, data):
    """What editors and file managers leave is none of them; a file that is none ends in one line."""
    folder = watched / "papers"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name in data.draw(st.lists(st.sampled_from(LITTER), min_size=1, max_size=3, unique=True)):
        (folder / name).write_bytes(data.draw(st.sampled_from([b"", b"\0\5\x16\7\0\2", b"{", b"\xff\xfe"])))
    assert clear(lambda: Plan(settings_from({"papers_dir": "papers"})).papers) in (None, {})
    clear(lambda: Plan(settings_from({"scales_dir": "papers"})).scale)


@fuzzed(data=st.data())
def test_tables_of_a_new_method_as_spreadsheets_save_them(watched, data):
    """Separator, decimal sign, encoding and line ends change nothing, or the table is refused: never another number."""
    values = data.draw(st.lists(st.integers(10, 999), min_size=2, max_size=3))
    rows = [
        ["dataset", "backbone", "metric", "value"],
        *(["fusar", "resnet18", "accuracy", f"{value / 10}"] for value in values),
    ]
    separator, point = data.draw(
        st.sampled_from([(",", "."), (";", "."), ("\t", "."), (";", ","), ("\t", ","), (", ", "."), ("|", ".")])
    )
    quote = data.draw(st.sampled_from(["", '"']))
    text = "\n".join(separator.join(f"{quote}{word.replace('.', point)}{quote}" for word in row) for row in rows)
    text = data.draw(st.sampled_from(["", "sep=;\n", "\n\n"])) + text.replace(
        "\n", data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    )
    path = watched / "mine.csv"
    path.write_bytes(text.encode(data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"]))))
    found = clear(lambda: read_numbers(path))
    if found is not None:
        ((_, numbers),) = found.items()
        assert sorted(numbers.values) == pytest.approx(sorted(value / 10 for value in values))
