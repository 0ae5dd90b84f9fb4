"""``show`` and the cards it prints."""

import json

import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.methods._card import UNSAID, card_of, extra_parameters
from bench.plan import BenchError

PLUGIN = '''
from dataclasses import dataclass

from bench.methods import Method


class Quiet(Method):
    """Say little."""

    label = "Quiet"

    @dataclass(frozen=True)
    class Params:
        """Hyper-parameters."""

        weight: float = 0.5
'''


def test_a_card_says_where_every_default_comes_from():
    card = card_of("reviewkd")
    assert card.label == "ReviewKD" and card.paper.startswith("Chen et al.")
    sources = {item.name: item.source for item in card.hyperparameters}
    assert sources["weight"] == "the supplement, its value for CIFAR-100"
    assert sources["widest"] == sources["warm_up"] == "the authors' CIFAR-100 code"
    assert card.teachers == ("offline",) and card.cost == 1.333 and not card.pairs


@pytest.mark.parametrize(
    ("method", "backbone", "classes", "count"),
    [
        ("one", "resnet32_cifar", 10, 1_175_639 - 466_906),
        ("baseline", "resnet20_cifar", 10, 0),
        ("reviewkd", "resnet20_cifar", 100, 114_278),
    ],
)
def test_extra_parameters_are_counted_on_a_real_backbone(method, backbone, classes, count):
    assert extra_parameters(method, backbone, classes) == count


def test_methods_of_another_task_are_counted_on_a_network_of_theirs():
    assert "202,261 on efficientdet_d0 with 21 classes" in CliRunner().invoke(app, ["show", "frskd_segmentation"]).output
    with pytest.raises(BenchError, match="'dlb' is for classification; 'efficientdet_d0' is a network for segmentation"):
        extra_parameters("dlb", "efficientdet_d0", 21)


@pytest.mark.parametrize("tasks", ["()", '("sorting",)', '"segmentation"'])
def test_a_method_of_no_task_is_one_line(tmp_path, tasks):
    (tmp_path / "quiet.py").write_text(PLUGIN.replace('label = "Quiet"', f'label = "Quiet"\n    tasks = {tasks}'))
    done = CliRunner().invoke(app, ["show", "quiet", "--set", f"plugins=[{tmp_path / 'quiet.py'}]"])
    assert isinstance(done.exception, BenchError) and "expected a tuple of classification, segmentation" in str(done.exception)


def test_it_prints_text_and_json():
    text = CliRunner().invoke(app, ["show", "dlb"])
    assert text.exit_code == 0, text.output
    for words in (
        "Self-Distillation from the Last Mini-Batch",
        "temperature = 3.0",
        "2 views per image",
        "2 times the baseline's",
    ):
        assert words in text.output
    found = json.loads(CliRunner().invoke(app, ["show", "kd", "--json", "--backbone", "resnet20_cifar"]).output)
    assert found["teachers"] == ["offline"]
    assert found["extra_parameters"] == {"count": 0, "backbone": "resnet20_cifar", "classes": 100}


def test_what_a_plug_in_leaves_out_is_said_to_be(tmp_path):
    file = tmp_path / "quiet.py"
    file.write_text(PLUGIN)
    card = card_of("quiet", [str(file)])
    assert card.idea == "Say little." and card.paper == UNSAID
    assert [(item.name, item.default, item.source) for item in card.hyperparameters] == [("weight", 0.5, UNSAID)]


def test_an_unknown_method_is_one_line():
    with pytest.raises(BenchError, match="unknown method 'dllb'.*did you mean 'dlb'"):
        card_of("dllb")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet18", ("torchvision_imagenet", "parameters", "stages")),
        ("fusar", ("FUSAR-Ship", "counts are")),
        ("demo", ("epochs", "seeds_per_job")),
        ("drrnet/dlb-w0.3", ("method            dlb", "weight")),
    ],
)
def test_other_things_are_shown_by_name(name, words):
    text, facts = CliRunner().invoke(app, ["show", name]).output, CliRunner().invoke(app, ["show", name, "--json"]).output
    assert all(word in text for word in words), text
    assert json.loads(facts)


def test_a_name_that_nothing_has_is_told_with_the_nearest():
    done = CliRunner().invoke(app, ["show", "resnet81"])
    assert isinstance(done.exception, BenchError) and "did you mean 'resnet18'" in str(done.exception)
