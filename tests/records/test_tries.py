"""Versions of a new method that were compared are counted, each once."""

from pathlib import Path

import pytest

from bench.records.tries import FOLDER, earlier_tries


def test_each_version_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("mine.py")
    file.write_text("weight = 1\n")
    assert [earlier_tries("mine", file, {}) for _ in range(2)] == [0, 0]
    assert earlier_tries("mine", file, {"weight": 2}) == 1
    file.write_text("weight = 3\n")
    assert [earlier_tries("mine", file, {}) for _ in range(2)] == [2, 2]
    assert earlier_tries("other", file, {}) == 0


def test_a_damaged_note_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("mine.csv")
    file.write_text("dataset,backbone,value\n")
    FOLDER.mkdir(parents=True)
    (FOLDER / "mine.json").write_text("{")
    assert earlier_tries("mine", file, {}) == earlier_tries("mine", file, {}) == 0
