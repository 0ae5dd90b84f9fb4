"""The digest of syntax: the same on every Python, another for other code."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.records import syntax
from bench.records.syntax import syntax_digest

SAMPLE = '''
"""What versions differ in: empty lists, type parameters, f-strings, letters that repr escapes, numbers of many digits."""
import os
from . import a as b


@decorated
class C(B, metaclass=M):
    """Docstring."""

    x: int = 0

    def f(self, a, /, b=None, *c, d=1.5, **e) -> None:
        """Docstring."""
        return f"{a!r:>{b}}" f"{c=}" "" "text" if a else f"{d:}\\n" + "\U0001fae8\u2028"

    async def g(self):
        ...


def h(): return (lambda: None, u"u", b"b", 1e999, 2j, ..., True, 0x1f, [], {}, (), None)
try:
    match h():
        case [1, *_]: pass
except* E:
    del b[1:2, ::3]
'''
KNOWN = "52c8399ffb4bcab0"


def test_the_sample_s_digest_is_known():
    assert syntax_digest(ast.parse(SAMPLE)) == KNOWN


def test_every_python_at_hand_says_the_same():
    script = "import ast, sys; sys.path.insert(0, sys.argv[1]); "
    script += "import syntax; print(syntax.syntax_digest(ast.parse(sys.stdin.read())))"
    others = [path for version in (11, 12, 13, 14) if (path := python(version))]
    if not others:
        pytest.skip("no second Python is here")
    folder = str(Path(syntax.__file__).parent)
    for path in others:
        found = subprocess.run([path, "-S", "-X", "utf8", "-c", script, folder], input=SAMPLE, capture_output=True, text=True)
        assert found.stdout.strip() == KNOWN, (path, found.stderr)


def python(minor):
    """Another Python of that version that starts; ``None`` where there is none."""
    places = [shutil.which(f"python3.{minor}"), *sorted((Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*/bin/python3"))]
    for place in filter(None, places):
        if minor != sys.version_info[1] and subprocess.run([place, "-S", "-c", ""], capture_output=True).returncode == 0:
            return str(place)
    return None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = None", "x = 0"), ("x = 1", "x = True"), ("x = 1", "x = 1.0"), ("x = 'a'", "x = b'a'"), ("f(a, b)", "f(b, a)"),
        ("def f(a, b): pass", "def f(a, *, b): pass"), ("def f(a=None): pass", "def f(a): pass"), ("a = b", "a = c"),
        ("x = f'{a}'", "x = f'{a!r}'"), ("x = f'{a}b'", "x = f'{a}c'"), ("[a, [b]]", "[[a], b]"), ("x = ()", "x = []"),
        ("async def f(): pass", "def f(): pass"), ("from . import a", "from .. import a"), ("import a", "import a as b"),
        ("if a:\n  b\nelse:\n  c", "if a:\n  b\n  c"), ("a < b", "a <= b"), ("x: int", "x: int = 0"), ("x[1:]", "x[:1]"),
    ],
)  # fmt: skip
def test_other_code_has_another_digest(one, other):
    assert syntax_digest(ast.parse(one)) != syntax_digest(ast.parse(other))


def test_the_tree_stays_as_it_is():
    tree = ast.parse(SAMPLE)
    before = ast.dump(tree)
    syntax_digest(tree)
    assert ast.dump(tree) == before and re.fullmatch("[0-9a-f]{16}", KNOWN)
