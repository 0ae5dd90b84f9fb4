"""A user's own method: a file outside the package, a paper that names it, and no edit anywhere else."""

import json
import os
import re
import subprocess
import sys

import pytest
import torch
import yaml
from typer.testing import CliRunner

from bench.cli.app import app
from bench.plan import BenchError
from bench.plan.catalogue import PACKAGE, ROOT
from bench.tasks import build_network
from bench.testing.candidate import Candidate, late

# The README's example, so that what it shows is what runs.
METHOD = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL).group(1)
PAPER = {
    "title": "A paper of my own",
    "short": "Mine",
    "citation": "I, here, now",
    "repeats": 2,
    "recipes": {
        "sar_standin3": {
            "image_size": 32,
            "augmentation": [{"horizontal_flip": 0.5}],
            "normalise": {"mean": [0.5], "std": [0.5]},
            "optimiser": {"name": "adam", "lr": 0.002},
            "schedule": {"name": "constant"},
            "epochs": 2,
            "batch_size": 32,
        }
    },
    "variants": {
        "baseline": {"method": "baseline", "label": "Baseline"},
        "mine": {"method": "confidence_penalty", "label": "Mine", "params": {"weight": 0.2}},
    },
    "tables": {
        "table1": {
            "title": "Mine against the baseline",
            "baseline": "baseline",
            "blocks": [
                {
                    "dataset": "sar_standin3",
                    "columns": {"backbone": ["resnet20_cifar"]},
                    "rows": {"variant": ["baseline", "mine"]},
                }
            ],
        }
    },
}
SCALE = {"title": "tiny", "note": "For a test.", "width": 0.25}
RUN = "tiny/mine/sar_standin3/resnet20_cifar/{}/seed{}"
REPORTED = "dataset,backbone,variant,metric,value,sd,n,note\n"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with the method, the paper, the scale and an empty list of printed numbers."""
    folder = tmp_path_factory.mktemp("workplace")
    for name in ("papers", "scales", "reported/mine"):
        (folder / name).mkdir(parents=True)
    (folder / "confidence_penalty.py").write_text(METHOD)
    (folder / "papers" / "mine.yaml").write_text(yaml.safe_dump(PAPER))
    (folder / "scales" / "tiny.yaml").write_text(yaml.safe_dump(SCALE))
    (folder / "reported" / "mine" / "table1.csv").write_text(REPORTED)
    return folder


@pytest.fixture
def bench(workplace, monkeypatch):
    """Calls the command line in the workplace."""
    monkeypatch.chdir(workplace)

    def call(*words, keep=True):
        found = CliRunner().invoke(app, [*words, *_settings(keep)], catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.output

    return call


def _settings(keep=True):
    keys = ["papers_dir=papers", "scales_dir=scales", "reported_dir=reported", "paper=mine", "scale=tiny", "seeds=[0,1]"]
    keys += ["plugins=[confidence_penalty.py]", "precision=fp32", f"keep_weights={keep}"]
    return [item for key in keys for item in ("--set", key)]


def _naming(word):
    return [path for path in PACKAGE.rglob("*.py") if word in path.read_text(encoding="utf-8").lower()]


def test_it_trains_and_stands_in_lists_and_tables(bench, workplace):
    names = {row["name"]: row["title"] for row in json.loads(bench("list", "methods", "--json"))}
    assert names["confidence_penalty"] == "Confidence penalty: Punish low-entropy predictions."
    assert "weight = 0.1 (float); source: the paper" in bench("show", "confidence_penalty", "--backbone", "resnet20_cifar")
    for variant in ("baseline", "mine"):
        bench("train", *(RUN.format(variant, seed) for seed in (0, 1)))
    record = json.loads((workplace / "results" / "runs" / f"{RUN.format('mine', 0)}.json").read_text())
    assert record["status"] == "finished" and "confidence_penalty.py" in record["sources"]
    assert record["config"]["method"] == {"name": "confidence_penalty", "params": {"weight": 0.2}}
    assert len(record["curve"]["loss_entropy"]) == 2
    bench("report", "mine/table1")
    page = (workplace / "reports" / "tiny" / "mine" / "table1.html").read_text()
    assert ">Mine<" in page or "Mine" in page.split("<table", 1)[1]
    rows = (workplace / "reports" / "tiny" / "mine" / "table1.csv").read_text()
    assert rows.count("mine") >= 2
    assert not _naming("confidence_penalty") and not _naming("confidencepenalty")


def test_its_network_is_exported_without_the_suite(bench, workplace):
    """Read with torch alone, the file fits the untouched network and scores what the record says."""
    from bench.data import evaluation_batches, load_dataset

    run = RUN.format("mine", 1)
    bench("train", run)
    assert "tensors of resnet20_cifar" in bench("export", run, "out/net.pt")
    network = build_network("resnet20_cifar", 3, width=0.25).eval()
    network.net.load_state_dict(torch.load(workplace / "out" / "net.pt", weights_only=True))
    data = load_dataset("sar_standin3", 32, {}, "", "results/data").test
    with torch.inference_mode():
        hits = [
            network(batch.views[0]).argmax(1) == batch.labels
            for batch in evaluation_batches(data.images, data.labels, PAPER["recipes"]["sar_standin3"])
        ]
    record = json.loads((workplace / "results" / "runs" / f"{run}.json").read_text())
    assert record["metrics"]["accuracy"] == pytest.approx(100 * float(torch.cat(hits).float().mean()))


def test_weights_are_kept_for_who_asks(bench, workplace):
    """A run that was trained without them is trained again, to the same record."""
    run = RUN.format("mine", 3)
    record = workplace / "results" / "runs" / f"{run}.json"
    bench("train", run, keep=False)
    before = json.loads(record.read_text())
    with pytest.raises(BenchError, match="its weights were not kept"):
        bench("export", run, "out/again.pt", keep=False)
    bench("train", run)
    bench("export", run, "out/again.pt")
    after = json.loads(record.read_text())
    assert before["weights"] == {} and after["weights"] and after["metrics"] == before["metrics"]


def test_the_real_command_line_says_in_one_line_what_is_wrong(workplace):
    """Another process, as a user starts it: nothing is left of the imports above."""
    words = ["export", RUN.format("mine", 7), "net.pt", *_settings()]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words],
        cwd=workplace,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    run = RUN.format("mine", 7)
    expected = f"error: {run}: not trained yet; python -m bench train {run} --set keep_weights=true"
    assert done.stderr.strip().splitlines() == [expected]


FORMER = """
from dataclasses import dataclass
import torch.nn.functional as F
from bench.methods import Method, Step

class Former(Method):
    label = "Former"
    def step(self, batch, clock):
        logits = self.student(batch.views[0])
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels)})
"""
HEIR = """
from bench.methods.dlb import LastMiniBatch as _LastMiniBatch

class Heir(_LastMiniBatch):
    label = "Heir"
    def step(self, batch, clock):
        return super().step(batch, clock)
"""


@pytest.mark.parametrize("text", [FORMER, HEIR])
def test_a_method_that_calls_its_step_by_the_former_name_works_with_a_line_of_notice(text, tmp_path, capfd):
    file = tmp_path / "former.py"
    file.write_text(text)
    candidate = Candidate.of_file(file)
    step = candidate.build()(candidate.batch(), late(0))
    assert step.losses["ce"].requires_grad
    assert capfd.readouterr().err == "former.py: 'step' is called 'forward' now; rename it (it works as it is)\n"
