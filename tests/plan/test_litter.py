"""What editors and other systems leave in folders, and files of one's own that say too little: one line or nothing at all."""

import shutil

import pytest

from bench.plan import BenchError, catalogue, load_paper, paper_names, scale_names
from bench.plan.catalogue import ROOT, backbone_files, dataset_files, method_files, task_files
from bench.plan.files import listed
from bench.plan.scales import load_scale
from bench.plan.source import syntax_of

LITTER = ("._{}", "{}~", "#{}#", "{} copy", ".{}.swp", ".{}", "copy of {}", "x (copy) {}", "x[conflict]{}", "x-copy.{}")


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    """A package with one file a room and all that may lie beside it."""
    package = tmp_path / "bench"
    for room, line in (
        ("backbones", "BACKBONES = {'net': {}}"),
        ("data", "DATASETS = {'set': {}}"),
        ("methods", ""),
        ("tasks", ""),
    ):
        (package / room).mkdir(parents=True)
        (package / room / "own.py").write_text(line)
        litter(package / room, "own.py")
    monkeypatch.setattr(catalogue, "PACKAGE", package)
    return package


def litter(folder, name):
    (folder / f".#{name}").symlink_to("me@host.1234:5678")
    for form in LITTER:
        (folder / form.format(name)).write_bytes(b"\0\5\26\7")


def test_litter_in_the_rooms_is_no_module(rooms):
    assert [set(files()) for files in (backbone_files, dataset_files, method_files, task_files)] == [
        {"net"},
        {"set"},
        {"own"},
        {"own"},
    ]


def test_litter_among_papers_and_scales_is_none(tmp_path):
    shutil.copy(ROOT / "config" / "papers" / "drrnet.yaml", tmp_path)
    (tmp_path / ".#drrnet.yaml").symlink_to("me@host.1234:5678")
    for name in ("._drrnet.yaml", "drrnet.yaml~", "drrnet (copy).yaml", "drrnet copy.yaml", ".drrnet.yaml.swp"):
        (tmp_path / name).write_bytes(b"\0\5\26\7")
    assert paper_names(tmp_path) == scale_names(tmp_path) == ["drrnet"]
    assert load_paper("drrnet", tmp_path).name == "drrnet"
    assert listed(tmp_path / "nowhere", ".yaml") == []


@pytest.mark.parametrize("name", ["mine.yml", "mine.YAML", "mine.Yml"])
def test_a_paper_whose_ending_is_written_otherwise_is_not_passed_over(tmp_path, name):
    (tmp_path / name).write_text("title: Mine")
    with pytest.raises(BenchError, match=rf"{name} would be passed over; rename it to 'mine\.yaml'"):
        paper_names(tmp_path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("DATASETS = {f'a{i}': {} for i in (2,)}", "own.py, line 1: DATASETS is computed; write it as a literal"),
        ("DATASETS = make()", "own.py, line 1: DATASETS is computed"),
        ("DATASETS = ['a']", "DATASETS has to be a mapping"),
        ("DATASETS = {'a': 1}", "DATASETS has to be a mapping"),
        ("DATASETS = {", "own.py, line 1: not Python"),
    ],
)
def test_what_a_dataset_s_file_has_to_say_is_one_line(rooms, text, line):
    (rooms / "data" / "own.py").write_text(text)
    with pytest.raises(BenchError, match=line):
        dataset_files()


def test_a_name_in_two_files_is_refused(rooms):
    (rooms / "backbones" / "own_old.py").write_text("BACKBONES = {'net': {}}")
    with pytest.raises(BenchError, match="own_old.py: BACKBONES has 'net', which own.py has too"):
        backbone_files()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_file_in_utf_16_says_what_it_is_and_what_to_do(tmp_path, encoding):
    (tmp_path / "own.py").write_bytes("METHOD = 1\r\n".encode(encoding))
    with pytest.raises(BenchError, match=r"own\.py: not Python \(UTF-16, or no text at all\); save it as UTF-8"):
        syntax_of(tmp_path / "own.py")


@pytest.mark.parametrize("content", [b"A = 1\r\nB = 2\r\n", b"A = 1\rB = 2\r", b"\xef\xbb\xbfA = 1\r\nB = 2\r\n"])
def test_a_file_with_the_line_ends_of_any_system_is_python(tmp_path, content):
    (tmp_path / "own.py").write_bytes(content)
    assert len(syntax_of(tmp_path / "own.py").body) == 2


def test_folders_of_papers_and_scales_that_are_none_are_named(tmp_path):
    for load, word in ((load_paper, "papers_dir"), (load_scale, "scales_dir")):
        with pytest.raises(BenchError, match=rf"{word} '.*nowhere' is no folder"):
            load("drrnet", tmp_path / "nowhere")
