"""A new method against stored results by the user's line: its own runs are trained, no other."""

import json
import shutil

import pytest
from projects.new_method import METHOD
from projects.workflow import copied

TARGET = "reports/compare/mine.html"
CONFIG = ("new_method=mine.py", "stored_dir=stored")
pytestmark = pytest.mark.xdist_group("compare")  # trained once, not once per worker


@pytest.fixture(scope="module")
def stored(finished, tmp_path_factory):
    """A folder as a clone has it: stored results of two methods, nothing trained, and a file of the user's."""
    made = copied(finished, tmp_path_factory.mktemp("stored") / "clone")
    done = made.bench("store", "add", "drrnet/table2", "--set", "stored_dir=stored")
    assert done.returncode == 0, done.stderr
    for name in ("runs", "work"):
        shutil.rmtree(made.folder / "results" / name, ignore_errors=True)
    shutil.rmtree(made.folder / "reports")
    (made.folder / "mine.py").write_text(METHOD)
    return made


@pytest.fixture(scope="module")
def compared(stored, tmp_path_factory):
    """The same after the user's line."""
    made = copied(stored, tmp_path_factory.mktemp("compared") / "clone")
    assert made.made(TARGET, config=CONFIG) == {"train": 1, "compare": 1, "alias": 1}
    return made


def test_only_the_new_method_is_trained(compared):
    assert {path.split("/")[-2] for path in compared.records()} == {"mine"} and len(compared.records()) == 2
    page = (compared.folder / TARGET).read_text()
    assert "Mine against stored results" in page and "Stand-in data." in page
    for name in ("compare/mine.tex", "compare/mine.csv", "drrnet/table2-with-mine.html", "drrnet/table2-with-mine.csv"):
        assert (compared.folder / "reports" / "demo" / name).stat().st_size > 0
    index = (compared.folder / "reports" / "demo" / "index.html").read_text()
    assert '<a href="compare/mine.html">Mine against stored results' in index


def test_what_runs_again_and_what_does_not(compared, tmp_path):
    made = copied(compared, tmp_path / "again")
    assert made.jobs(TARGET, config=CONFIG) == {}
    (made.folder / "mine.py").write_text(METHOD + "# a remark\n")
    assert made.jobs(TARGET, config=CONFIG) == {"compare": 1, "alias": 1}
    assert made.jobs(TARGET, config=(*CONFIG, "seeds=[0,1,2]")).keys() >= {"compare"}
    (made.folder / "reports" / "demo" / "drrnet" / "table2-with-mine.html").unlink()
    assert made.jobs(TARGET, config=CONFIG) == {"compare": 1, "alias": 1}
    (made.folder / "stored" / "demo" / "drrnet.csv").touch()
    assert made.jobs(TARGET, config=CONFIG) == {"compare": 1, "alias": 1}


def test_other_hyperparameters_train_it_again(compared, tmp_path):
    made = copied(compared, tmp_path / "again")
    text = METHOD.replace(
        "    label =", "    @dataclass(frozen=True)\n    class Params:\n        weight: float = 0.5\n\n    label ="
    )
    (made.folder / "mine.py").write_text("from dataclasses import dataclass\n" + text)
    jobs = made.jobs(TARGET, config=(*CONFIG, "new_method_params={weight: 0.25}"))
    assert jobs == {"train": 1, "compare": 1, "alias": 1}


def test_numbers_train_nothing(stored, tmp_path):
    made = copied(stored, tmp_path / "numbers")
    (made.folder / "theirs.csv").write_text("dataset,backbone,mean,sd,n\nopensarship,resnet18,99,0.5,5\n")
    config = ("new_method=theirs.csv", "stored_dir=stored")
    assert made.made("reports/compare/theirs.html", config=config) == {"compare": 1, "alias": 1}
    assert made.records() == {}
    assert "Numbers only." in (made.folder / "reports" / "compare" / "theirs.html").read_text()


def test_the_command_line_trains_and_compares_too(stored, tmp_path):
    made = copied(stored, tmp_path / "cli")
    done = made.bench("compare", "mine.py", "--set", "stored_dir=stored")
    assert done.returncode == 0, done.stderr
    assert "drrnet/table2: Mine (stand-in data):" in done.stdout and len(made.records()) == 2
    record = json.loads(next(iter(made.records().values())))
    assert record["config"]["method"]["name"] == "mine"
    again = made.bench("compare", "mine.py", "drrnet/table2", "--set", "stored_dir=stored")
    assert again.returncode == 0 and len(made.records()) == 2


@pytest.mark.parametrize(
    ("target", "config", "words"),
    [
        (TARGET, ("new_method=mine.py", "stored_dir=nowhere"), "nothing is stored at scale 'demo'"),
        (TARGET, (*CONFIG, "compare=[drrnet/table9]"), "has no table or figure 'table9'"),
        (TARGET, (*CONFIG, "precision=bf16"), "was trained otherwise"),
        ("reports/compare/none.html", ("new_method=none.py", "stored_dir=stored"), "none.py"),
    ],
)
def test_what_cannot_be_compared_is_one_line(stored, target, config, words):
    done = stored.snakemake("--dry-run", target, config=config)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error: ")]
    assert done.returncode != 0 and len(lines) == 1 and words in lines[0]


@pytest.mark.parametrize(
    ("target", "config", "words"),
    [
        (TARGET, ("stored_dir=stored",), "no new method is named; new_method=my_method.py (or a .csv of numbers) names one"),
        ("reports/compare/other.html", CONFIG, "new_method is 'mine.py': ask for reports/compare/mine.html"),
    ],
)
def test_a_target_that_is_not_the_methods_is_told(stored, target, config, words):
    done = stored.snakemake("--dry-run", target, config=config)
    assert done.returncode != 0 and words in done.stdout + done.stderr
