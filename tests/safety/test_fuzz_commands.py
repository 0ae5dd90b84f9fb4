"""The command line with words from nobody we know: exit code 0, 1 or 2 and never a traceback."""

import sys

import pytest
import torch  # noqa: F401  (looks for the system's libraries with a program when it is first imported)
from broken import fuzzed, words
from hypothesis import strategies as st

from bench.cli import app

COMMANDS = (
    ("list",),
    ("list", "tables"),
    ("show",),
    ("plan",),
    ("train",),
    ("export",),
    ("alias",),
    ("report",),
    ("data", "check"),
    ("data", "prepare"),
    ("data", "prepare", "--key"),
    ("store", "check"),
    ("store", "show"),
    ("store", "add"),
)
KEYS = (
    "scale",
    "seeds",
    "papers_dir",
    "scales_dir",
    "reported_dir",
    "stored_dir",
    "data_dir",
    "plugins",
    "device",
    "precision",
    "paper",
)


@fuzzed(
    st.sampled_from(COMMANDS),
    st.lists(words, max_size=2),
    st.lists(st.builds(lambda key, value: f"{key}={value}", st.sampled_from(KEYS), words), max_size=2),
)
def test_commands(watched, capsys, command, more, assignments):
    sets = [word for assignment in assignments for word in ("--set", assignment)]
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", ["bench", *command, *more, *sets])
    try:
        app.main()
        code = 0
    except SystemExit as error:
        code = error.code or 0
    finally:
        patch.undo()
    said = capsys.readouterr().err
    assert code in (0, 1, 2)
    assert "Traceback" not in said
    if code == 1:
        assert said.count("\n") <= 1 or "Usage" in said, said
