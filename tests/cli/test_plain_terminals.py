"""Paths with a tilde, CSV files with spaces, terminals without UTF-8."""

import io
import sys
from pathlib import Path

import pytest

from bench.cli import app
from bench.plan import BenchError, settings_from
from bench.records.numbers import read_numbers


@pytest.mark.parametrize("key", ["data_dir", "papers_dir", "scales_dir", "reported_dir", "stored_dir", "new_method"])
def test_a_tilde_is_the_home_folder_in_every_path(key):
    assert getattr(settings_from({key: "~/x"}), key) == str(Path.home() / "x")
    assert getattr(settings_from({key: "a~/x"}), key) == "a~/x"


def test_a_tilde_in_plugins_too_and_an_unknown_home_is_one_line():
    assert settings_from({"plugins": ["~/x.py"]}).plugins == (str(Path.home() / "x.py"),)
    with pytest.raises(BenchError, match="no home folder"):
        settings_from({"data_dir": "~nobody-of-that-name/x"})


@pytest.mark.parametrize("header", ["dataset, backbone, value", "\ufeffdataset ,backbone,\tvalue ", " dataset,backbone, value"])
def test_spaces_in_a_header_do_not_count(tmp_path, header):
    path = tmp_path / "mine.csv"
    path.write_text(f"{header}\nfusar, resnet18, 66.1\nfusar ,resnet18 , 65.0\n", encoding="utf-8")
    assert read_numbers(path)["fusar", "resnet18", "accuracy"].values == (66.1, 65.0)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_terminal_lists_variants(monkeypatch, encoding):
    shown = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "argv", ["bench", "list", "variants"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    shown.flush()
    assert not ended.value.code
    assert b"drrnet/dlb" in shown.buffer.getvalue()
