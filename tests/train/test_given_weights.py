"""A teacher from a file of the user's: scored as it is, taught from, and refused where the file is not the whole of it."""

import copy
import pickle

import numpy as np
import pytest
import torch
from projects.detectors import zoo

from bench.data import load_dataset
from bench.plan import BenchError, Plan, parse_run, settings_from
from bench.train import Loop, Machine, build_student, build_training
from bench.train.progress import Reporter

CPU = Machine.of("cpu", "fp32", 1)
RUN = "demo/reviewkd/coco/fasterrcnn_resnet50_fpn/detector/seed0"


@pytest.fixture(scope="module")
def config():
    made = copy.deepcopy(Plan(settings_from({"scale": "demo"})).resolve(parse_run(RUN)))
    made["recipe"]["pretrained"] = "model_final.pkl"
    return {**made, "method": {"name": "given_weights", "params": {}}}


@pytest.fixture(scope="module")
def data(config, tmp_path_factory):
    whole = load_dataset(config["data"]["name"], config["data"]["size"], {}, "", tmp_path_factory.mktemp("data"))
    part = copy.copy(whole)
    object.__setattr__(part, "test", whole.test.chosen(list(range(8))))
    return part


@pytest.fixture(scope="module")
def given(config):
    """Another detector than the run's seed would draw, and its weights under detectron2's names."""
    detector = build_student({**config, "seed": 9}, 5).net
    return detector, zoo(detector)


def written(folder, arrays):
    (folder / "model_final.pkl").write_bytes(pickle.dumps({"model": arrays, "__author__": "Detectron2 Model Zoo"}))
    return folder


def built(config, data, folder):
    return build_training(config, data, {}, CPU, weights=folder)


def test_a_detector_of_detectron2s_zoo_is_scored_and_kept_as_it_is(config, data, given, tmp_path):
    detector, arrays = given
    training = built(config, data, written(tmp_path, arrays))
    outcome = Loop(training, CPU, tmp_path / "none.pt", Reporter("test", 1, ())).run()
    assert outcome.status == "finished" and len(outcome.curve["test_box_ap"]) == 1 and "loss" not in outcome.curve
    kept = training.method.export()
    for name, value in detector.state_dict().items():
        assert name.endswith("num_batches_tracked") or torch.equal(kept[name], value), name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: a.pop("roi_heads.box_head.fc2.bias"), "is not the whole network: it lacks 'regions.fc2.bias'"),
        (lambda a: [a.pop(name) for name in list(a) if "rpn_head" in name], "it lacks 'proposals.conv.bias' and 5 more"),
        (
            lambda a: a.update({"roi_heads.mask_head.mask_fcn1.weight": np.zeros(3)}),
            "'roi_heads.mask_head.mask_fcn1.weight' is",
        ),
        (lambda a: a.update({"roi_heads.box_predictor.cls_score.bias": np.zeros(81)}), r"'regions.scores.bias' has the shape"),
    ],
    ids=["a bias missing", "a head missing", "of another detector", "of other classes"],
)
def test_a_file_that_is_not_this_detector_is_refused_in_a_line(config, data, given, tmp_path, change, words):
    arrays = dict(given[1])
    change(arrays)
    with pytest.raises(BenchError, match=words) as caught:
        built(config, data, written(tmp_path, arrays))
    assert "\n" not in str(caught.value) and "model_final.pkl" in str(caught.value)


def test_classifiers_are_taken_the_same_way(tmp_path):
    run = parse_run("demo/drrnet/opensarship/resnet18/baseline/seed0")
    config = copy.deepcopy(Plan(settings_from({"scale": "demo"})).resolve(run))
    config |= {"method": {"name": "given_weights", "params": {}}}
    config["recipe"]["pretrained"] = "mine.pth"
    data = load_dataset(config["data"]["name"], config["data"]["size"], config["data"]["options"], "", tmp_path)
    state = build_student({**config, "seed": 9}, len(data.classes)).net.state_dict()
    torch.save(state, tmp_path / "mine.pth")
    assert all(torch.equal(value, state[name]) for name, value in built(config, data, tmp_path).method.export().items())
    torch.save({**state, "head.weight": torch.zeros(1)}, tmp_path / "mine.pth")
    with pytest.raises(BenchError, match=r"mine\.pth: holds more than the network: 'head\.weight'"):
        built(config, data, tmp_path)


def test_without_a_file_it_is_refused_when_planned(tmp_path):
    text = (
        (settings_from({}).papers / "drrnet.yaml")
        .read_text()
        .replace("variants:\n", "variants:\n  own: {method: given_weights, label: Own}\n")
    )
    (tmp_path / "drrnet.yaml").write_text(text)
    plan = Plan(settings_from({"scale": "demo", "papers_dir": str(tmp_path)}))
    with pytest.raises(BenchError, match="name the file in the recipe, pretrained: FILE"):
        plan.resolve(plan.cell("drrnet", "opensarship", "resnet18", "own").run(0))
