"""What a plug-in imports of its own is covered by the fingerprint, and can be imported."""

import os
import sys

import pytest

from bench.methods import load_method
from bench.plan import BenchError
from bench.records.fingerprint import source_digests

METHOD = '''{first}
from bench.methods import Method, Step
{imports}

class Mine(Method):
    """Idea."""

    label = "Mine"

    def forward(self, batch, clock):
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {{"ce": logits.mean()}})
'''


@pytest.fixture(autouse=True)
def _clean(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if not name.startswith(("bench.", "torch")):
            del sys.modules[name]


def sources(path):
    config = {"method": {"name": path.stem}, "backbone": {"name": "resnet18"}, "data": {"name": "sar_standin3"}}
    return source_digests(config, (str(path),))


def plugin(folder, imports, first="# -*- coding: utf-8 -*-", **files):
    for name, text in files.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    path = folder / "mine_beside.py"
    path.write_text(METHOD.format(imports=imports, first=first))
    return path


@pytest.mark.parametrize(
    ("imports", "files", "names"),
    [
        ("from near_a import f", {"near_a": "f = 1"}, {"near_a.py"}),
        ("import near_a as n", {"near_a": "f = 1"}, {"near_a.py"}),
        ("def later():\n    import near_a", {"near_a": "f = 1"}, {"near_a.py"}),
        ("import importlib\nn = importlib.import_module('near_a')", {"near_a": "f = 1"}, {"near_a.py"}),
        ("from near_a import f", {"near_a": "from near_b import f", "near_b": "f = 1"}, {"near_a.py", "near_b.py"}),
        ("from pack.sub import f", {"pack/__init__": "", "pack/sub": "from .deep import f", "pack/deep": "f = 1"},
         {"pack/__init__.py", "pack/sub.py", "pack/deep.py"}),
        ("from bare import sub", {"bare/sub": "f = 1"}, {"bare/sub.py"}),
    ],
)  # fmt: skip
def test_files_beside_are_covered_and_imported(tmp_path, imports, files, names):
    path = plugin(tmp_path, imports, **files)
    first = sources(path)
    assert {name for name in first if not name.startswith("bench/")} == {"mine_beside.py", *names}
    assert load_method("mine_beside", (str(path),)).label == "Mine"
    (tmp_path / max(names)).write_text("f = 2")
    os.utime(tmp_path / max(names), ns=(1, 1))
    assert sources(path) != first


def test_a_file_in_the_working_directory_is_covered_too(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    (here / "near_c.py").write_text("f = 1")
    monkeypatch.chdir(here)
    (tmp_path / "there").mkdir()
    assert "near_c.py" in sources(plugin(tmp_path / "there", "from near_c import f"))


def test_a_module_of_the_same_name_from_elsewhere_is_refused(tmp_path):
    path = plugin(tmp_path, "from yaml import f", yaml="f = 1")
    import yaml  # noqa: F401

    with pytest.raises(BenchError, match=r"another module called 'yaml' is loaded already; rename yaml\.py"):
        load_method("mine_beside", (str(path),))


def test_installed_modules_are_not_followed(tmp_path):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    assert "near_a.py" not in sources(plugin(folder, "from near_a import f", near_a="f = 1"))


@pytest.mark.parametrize(("encoding", "first"), [("utf-8-sig", ""), ("latin-1", "# -*- coding: latin-1 -*-"), ("utf-8", "")])
def test_the_declared_encoding_is_read(tmp_path, encoding, first):
    path = plugin(tmp_path, "")
    path.write_bytes(METHOD.format(imports="WORD = 'é'", first=first).encode(encoding))
    assert "mine_beside.py" in sources(path)
    assert sys.modules[load_method("mine_beside", (str(path),)).__module__].WORD == "é"


@pytest.mark.parametrize("content", [b"x = '\xff'\n", b"x = 1\0\n", b"\xef\xbb\xbf# coding: latin-1\n", b"(" * 500])
def test_what_python_cannot_read_is_one_line(tmp_path, content):
    path = tmp_path / "mine_beside.py"
    path.write_bytes(content)
    with pytest.raises(BenchError, match="mine_beside.py.*not Python"):
        sources(path)
