"""From trainings to a figure of each kind, through the command line; what a figure that is added later trains."""

import json
from pathlib import Path

import pytest
from projects.figures import FigureProject
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError

FIGURES = ("figure1", "figure2", "figure3", "figure4", "figure5")
PROBED = FIGURES[2:]


def call(project, *words):
    done = CliRunner().invoke(app, [*words, *project.words], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def fault(project, *words):
    with pytest.raises(BenchError) as told:
        CliRunner().invoke(app, [*words, *project.words], catch_exceptions=False)
    assert "\n" not in str(told.value)
    return str(told.value)


def train(project, variant):
    return call(project, "train", *(project.run(variant, seed).id for seed in (0, 1)))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Everything trained, probed and drawn once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("figures")
        patch.chdir(folder)
        made = FigureProject(folder)
        for variant in ("baseline", "frskd", "guided"):
            train(made, variant)
        made.printed = [call(made, "probe", name) for name in PROBED]
        for name in FIGURES:
            call(made, "report", name)
        yield made


def drawn(project):
    files = sorted((project.folder / "reports" / "demo" / "tiny").iterdir())
    return {path.name: path.read_bytes() for path in files if path.suffix != ".json"}


def test_every_kind_is_drawn_and_named_as_stand_in(project):
    files = drawn(project)
    assert set(files) == {f"{name}.{suffix}" for name in FIGURES for suffix in ("svg", "pdf")}
    for name in FIGURES:
        text = files[f"{name}.svg"].decode()
        assert "Ours, scale tiny." in text and "Stand-in data.</dc:description>" in text
        assert text.count("<path") > 20
    assert "One network, seed 0 after epochs 1 and 3 of 3: FRSKD." in files["figure4.svg"].decode()
    assert "One network, seed 0 after epoch 3 of 3: Baseline." in files["figure3.svg"].decode()
    assert [Path(line.strip()).name for line in project.printed] == [f"{name}.json" for name in PROBED]


def test_the_same_networks_give_the_same_bytes(project):
    before = drawn(project)
    for name in PROBED:
        call(project, "probe", name)
    for name in FIGURES:
        call(project, "report", name)
    assert drawn(project) == before


def test_they_are_listed_planned_and_on_the_index(project):
    assert "tiny/figure5  Embedding (embedding)" in call(project, "list", "figures")
    assert "1 training in 1 cell; 1 done" in call(project, "plan", "figure4")
    call(project, "report", "index")
    page = (project.folder / "reports" / "demo" / "index.html").read_text()
    assert page.count('loading="lazy"') == 5 and "Reproduced tables and figures (demo)" in page


def test_a_figure_of_networks_keeps_the_first_seed_s_states_alone(project):
    kept = {path.relative_to("results/work").as_posix() for path in Path("results/work").rglob("epoch*.pt")}
    place = "demo/tiny/marks/resnet20_cifar"
    expected = {"baseline": (3,), "frskd": (1, 3), "guided": (2, 3)}
    assert kept == {f"{place}/{name}/seed0/epoch{epoch}.pt" for name, epochs in expected.items() for epoch in epochs}


def test_a_figure_added_later_re_trains_the_run_it_needs_to_the_same_numbers(project):
    records = {seed: project.run("guided", seed).record for seed in (0, 1)}
    before = {seed: json.loads(Path(path).read_text()) for seed, path in records.items()}
    times = {seed: Path(project.run("guided", seed).workspace, "record.json").stat().st_mtime_ns for seed in (0, 1)}
    project.content["figures"]["figure6"] = {**project.content["figures"]["figure5"], "epochs": [0.3], "title": "Later"}
    project.write()
    try:
        assert "its state after epoch 1 was not kept; python -m bench train" in fault(project, "probe", "figure6")
        train(project, "guided")
        after = {seed: json.loads(Path(path).read_text()) for seed, path in records.items()}
        for seed in (0, 1):
            assert after[seed]["metrics"] == before[seed]["metrics"] and after[seed]["curve"] == before[seed]["curve"]
        assert after[1] == before[1] and after[0]["cost"] != before[0]["cost"]
        assert Path(project.run("guided", 1).workspace, "record.json").stat().st_mtime_ns == times[1]
        call(project, "probe", "figure6")
        call(project, "report", "figure6")
    finally:
        del project.content["figures"]["figure6"]
        project.write()


def test_a_state_of_another_training_is_refused(project):
    path = Path(project.run("frskd").workspace) / "epoch3.pt"
    kept = path.read_bytes()
    path.write_bytes((Path(project.run("guided").workspace) / "epoch3.pt").read_bytes())
    try:
        assert "belongs to another training than the record" in fault(project, "probe", "figure4")
    finally:
        path.write_bytes(kept)


def test_what_is_not_there_yet_is_one_line(drawn):
    assert "not looked at yet; python -m bench probe tiny/figure4" in fault(drawn, "report", "figure4")
    assert "not trained yet; python -m bench train demo/tiny/marks" in fault(drawn, "probe", "figure4")
    assert "is drawn from records alone" in fault(drawn, "probe", "figure1")
    assert "a table of classification" in fault(drawn, "probe", "table1")
    assert "no table or figure 'table9'" in fault(drawn, "probe", "table9")
