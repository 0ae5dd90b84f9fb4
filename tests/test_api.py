"""Results and networks from Python, of a run that is trained here."""

import subprocess
import sys

import pytest
import torch
from typer.testing import CliRunner

from bench import load_network, load_results
from bench.cli.app import app
from bench.data import load_dataset
from bench.jobs.job import Job
from bench.plan import BenchError, Plan, load_settings, parse_run
from bench.plan.catalogue import ROOT
from bench.plan.datakeys import DATA_CACHE

RUN = "demo/selfguidance/cifar10/resnet32_cifar/baseline/seed0"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which one run is trained and its weights are kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("trained"))
        plan = Plan(load_settings(["keep_weights=true", "precision=fp32"]))
        assert Job(plan, [parse_run(RUN)]).work() == 0
        yield plan


def test_results_are_a_row_per_run_or_per_epoch(trained):
    results = load_results("demo")
    assert list(results.run) == [RUN] and results.status[0] == "finished" and results.parameters[0] > 0
    curve = load_results("demo", curves=True)
    assert list(curve.epoch) == [1, 2, 3, 4] and curve.test_accuracy.iloc[-1] == pytest.approx(results.accuracy[0])
    assert load_results("paper").empty


def test_the_package_is_imported_without_what_they_need():
    script = "import sys, bench; print({'torch', 'pandas', 'yaml'} & set(sys.modules), bench.load_results.__module__)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == ["set()", "bench.api"]


def test_stored_results_are_read_too():
    stored = load_results("laptop", stored=True)
    assert len(stored) >= 75 and set(stored.scale) == {"laptop"}


def test_a_network_predicts_what_its_record_scores(trained):
    network, data = load_network(RUN, precision="fp32"), trained.resolve(parse_run(RUN))["data"]
    dataset = load_dataset(data["name"], data["size"], data["options"], "", DATA_CACHE)
    assert network.classes == dataset.classes and not network.training
    with torch.inference_mode():
        right = (network(dataset.test.images).argmax(1) == dataset.test.labels).float().mean()
    assert 100 * right.item() == pytest.approx(load_results("demo").accuracy[0], abs=1e-3)


def test_weights_are_exported_as_safetensors(trained, tmp_path):
    from safetensors.torch import load_file

    done = CliRunner().invoke(app, ["export", RUN, str(tmp_path / "net.safetensors"), "--format", "safetensors"])
    assert done.exit_code == 0, done.output
    state, net = load_file(tmp_path / "net.safetensors"), load_network(RUN).net
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    refused = CliRunner().invoke(app, ["export", RUN, "x", "--format", "onnx"])
    assert isinstance(refused.exception, BenchError) and "allowed: safetensors, torch" in str(refused.exception)


def test_tensorboard_is_asked_for_in_one_place(trained, tmp_path, monkeypatch):
    from bench.jobs import screen

    class Board:
        def __init__(self):
            self.scalars, self.closed = [], False

        def add_scalar(self, name, value, epoch):
            self.scalars.append((name, value, epoch))

        def close(self):
            self.closed = True

    board = Board()
    monkeypatch.setattr(screen, "_board", lambda folder: board)
    for asked in (False, True):
        with screen.screen(parse_run(RUN), 2, (), tmp_path / "lock", asked) as shown:
            shown.epoch(1, {"loss": 0.5}, {}, 10.0)
    assert board.scalars == [("loss", 0.5, 1)] and board.closed
