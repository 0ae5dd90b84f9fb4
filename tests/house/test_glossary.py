"""The glossary: its names exist, and the words that it bans stand nowhere in the package."""

import importlib
import re
import tokenize
from functools import cache, reduce

import pytest

from bench.plan.catalogue import PACKAGE, ROOT

TEXT = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| .+? \| `(bench[\w.]+)` \|$", TEXT, re.M)
BANNED = re.search(r"^Out: (.+)\.$", TEXT, re.M)[1].split(", ")


def test_it_has_the_words():
    assert len(ROWS) >= 25 and len({word for word, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("word", "name"), ROWS)
def test_a_word_is_the_name_of_something(word, name):
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        *owners, last = parts[length:]
        owner = reduce(getattr, owners, module)
        assert hasattr(owner, last) or last in getattr(owner, "__annotations__", {})
        return
    pytest.fail(f"{name} is nothing")


@cache
def text_of(path):
    return path.read_text(encoding="utf-8").lower()


@cache
def names_of(path):
    """Every name in a file and the line where it stands first, its words parted by underscores and in small letters."""
    found = {}
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.NAME:
                name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", token.string).lower()
                found.setdefault(name, f"{path.relative_to(ROOT)}:{token.start[0]} {token.string}")
    return found


@pytest.mark.parametrize("word", BANNED)
def test_a_banned_word_is_a_name_of_nothing(word):
    pattern = re.compile(rf"(^|_){word}s?($|_)")
    # Few files hold the letters at all, and only these are worth their tokens.
    files = [path for path in PACKAGE.rglob("*.py") if word.replace("_", "") in text_of(path).replace("_", "")]
    assert not [place for path in files for name, place in names_of(path).items() if pattern.search(name)]
