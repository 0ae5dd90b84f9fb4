"""``data check``: of one set, of all sets, of every file."""

import pytest
from projects.copies import COPIES, put
from typer.testing import CliRunner

import bench.data  # noqa: F401  (seconds, which the first check would wait for)
from bench.cli.app import app
from bench.plan import BenchError
from bench.plan.catalogue import dataset_facts, dataset_files

REAL = [name for name in dataset_files() if not dataset_facts(name)["stand_in"]]


def call(*words):
    return CliRunner().invoke(app, ["data", *map(str, words)], env={"COLUMNS": "200"})


def fault(*words):
    done = call(*words)
    assert done.exit_code == 1 and isinstance(done.exception, BenchError)
    assert "\n" not in str(done.exception)
    return str(done.exception)


@pytest.mark.parametrize("name", REAL)
def test_a_check_can_report_that_nothing_is_there(tmp_path, name):
    assert f"dataset '{name}'" in fault("check", name)
    assert f"no folder '{dataset_facts(name)['folders'][0]}/'" in fault("check", name, "--set", f"data_dir={tmp_path}")
    (tmp_path / name).mkdir()
    line = fault("check", name, "--set", f"data_dir={tmp_path}")
    assert f"data check {name}" not in line  # never sent to the command that was called


def test_without_a_name_every_set_is_checked(tmp_path, monkeypatch):
    names = ("faces_standin7", "cifar10", "cub200", "fusar", "mit67")
    monkeypatch.setattr("bench.cli.data.dataset_files", lambda: dict.fromkeys(names))
    put(tmp_path, "mit67", COPIES["mit67"]())
    put(tmp_path, "cifar10", COPIES["cifar10"]())
    done = call("check", "--set", f"data_dir={tmp_path}")
    lines = done.output.splitlines()
    assert done.exit_code == 0 and len(lines) == len(names)
    assert lines[0].startswith("cifar10: 20 training and 10 test images of 10 classes, digest ")
    assert "fusar: not there" in lines and any(line.startswith("faces_standin7: 224 training") for line in lines)
    monkeypatch.setattr("bench.cli.data.dataset_files", lambda: dict.fromkeys(names[1:]))
    (tmp_path / "cub200").mkdir()
    assert fault("check", "--set", f"data_dir={tmp_path}") == "data check: cub200 cannot be used"
    assert "is not a folder" in fault("check", "--set", f"data_dir={tmp_path / 'no'}")
    assert "needs a dataset's name" in fault("check", "--option", "test=public")


def test_all_files_opens_what_a_check_does_not(tmp_path):
    files = COPIES["imagenet"]()
    whole = files["train/n01/train_1_2.JPEG"]
    put(tmp_path, "imagenet", {**files, "train/n01/train_1_2.JPEG": whole[:-200]})
    done = call("check", "imagenet", "--set", f"data_dir={tmp_path}")
    assert done.exit_code == 0 and "one picture of every class was opened" in done.output
    assert "'train/n01/train_1_2.JPEG' is damaged" in fault("check", "imagenet", "--all-files", "--set", f"data_dir={tmp_path}")
    put(tmp_path, "imagenet", files)
    done = call("check", "imagenet", "--all-files", "--set", f"data_dir={tmp_path}")
    assert done.exit_code == 0 and "every picture was opened" in done.output


def test_options_are_given_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path, "fer2013", COPIES["fer2013"]())
    assert (
        "tested on the public test set"
        in call("check", "fer2013", "--option", "test=public", "--set", f"data_dir={tmp_path}").output
    )
    done = call("prepare", "fer2013", "--size", "16", "--option", "test=public", "--set", f"data_dir={tmp_path}")
    assert done.exit_code == 0 and '"test": "public"' in done.output
    assert "allowed: both, private, public" in fault(
        "check", "fer2013", "--option", "test=secret", "--set", f"data_dir={tmp_path}"
    )
    assert "has no option 'size'" in fault("check", "digits", "--option", "size=9")
    assert "expected NAME=VALUE" in fault("check", "digits", "--option", "size")
    assert "is not a share between 0 and 1" in fault("check", "sar_standin3", "--option", "label_noise=2")


def test_many_faults_are_all_named_one_line_each(tmp_path):
    files = {path: b"no picture" if path.startswith("train/cat/") else content for path, content in COPIES["cifar10"]().items()}
    put(tmp_path, "cifar10", files)
    done = call("check", "cifar10", "--set", f"data_dir={tmp_path}")
    assert "'train/cat/0.png' is damaged" in str(done.exception) and "(and 1 more)" in str(done.exception)
    assert "  cifar10: 'train/cat/1.png' is damaged" in done.output
