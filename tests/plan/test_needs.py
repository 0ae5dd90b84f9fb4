"""What is known to be impossible is refused when it is planned, in one line."""

import pytest

from bench.methods import load_method
from bench.plan import BenchError, Plan, parse_run, settings_from
from bench.plan.catalogue import method_facts, method_files
from bench.plan.needs import NEEDS, Known, refusal
from bench.plan.papers import load_paper

ANY = ("classification",)


@pytest.mark.parametrize(
    ("needs", "params", "known", "words"),
    [
        ({}, {}, Known(task="segmentation"), "a method for classification, the dataset's task is segmentation"),
        (
            {},
            {},
            Known(backbone_tasks={"vgg": ANY[0], "big": "detection"}),
            "backbone 'big', a network for detection",
        ),
        ({"stages": 3}, {}, Known(stages=2), "at least 3 stages, this one declares 2"),
        ({"as_many_stages_as": "offline"}, {}, Known(stages=3, teacher_stages={"offline": 4}), "they declare 3 and 4"),
        ({"gated_blocks": True}, {}, Known(), "residual blocks that can be left out"),
        ({"more_classes_than": "classes"}, {"classes": 5}, Known(classes=5), "compares 5 classes"),
        ({"whole_weights": True}, {}, Known(pretrained=""), "name the file in the recipe, pretrained: FILE"),
    ],
)
def test_each_need_is_refused_where_it_is_not_met(needs, params, known, words):
    assert words in refusal(ANY, needs, params, known)


@pytest.mark.parametrize(
    ("needs", "params", "known"),
    [
        ({}, {}, Known()),
        ({}, {}, Known(backbone_tasks={"vgg": ANY[0]})),
        ({"stages": 3, "as_many_stages_as": "offline"}, {}, Known(stages=3, teacher_stages={"offline": 3})),
        ({"gated_blocks": True}, {}, Known(gated=True)),
        ({"more_classes_than": "classes"}, {"classes": 5}, Known(classes=6)),
        ({"more_classes_than": "classes"}, {"classes": 5}, Known(classes=None)),  # its files will say
        ({"whole_weights": True}, {}, Known(pretrained="model.pkl")),
    ],
)
def test_and_allowed_where_it_is(needs, params, known):
    assert refusal(ANY, needs, params, known) == ""


@pytest.mark.parametrize("name", sorted(method_files()))
def test_the_plan_reads_what_the_class_says(name):
    facts, kind = method_facts(method_files()[name]), load_method(name)
    assert facts.get("needs", {}) == dict(kind.needs) and facts.get("tasks", ANY) == kind.tasks
    assert set(kind.needs) <= set(NEEDS)


def planned(tmp_path, method, backbone):
    """A plan of a paper of which one variant uses ``method``, and a run of it."""
    folder = tmp_path / "papers"
    folder.mkdir()
    text = (settings_from({}).papers / "drrnet.yaml").read_text()
    text = text.replace("lsr: {method: lsr, label: LSR, params: {epsilon: 0.1}}", f"lsr: {{method: {method}, label: LSR}}")
    (folder / "drrnet.yaml").write_text(text)
    assert load_paper("drrnet", folder).variants["lsr"].method == method
    return Plan(settings_from({"papers_dir": str(folder)})), parse_run(f"demo/drrnet/opensarship/{backbone}/lsr/seed0")


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("fgfi", "is a method for detection, the dataset's task is classification"),
        ("byot", "needs a backbone with at least 2 stages"),
        ("self_guidance", "residual blocks that can be left out"),
        ("patriarch", "compares 5 classes and needs a dataset with more, this one has 3"),
    ],
)
def test_a_run_that_cannot_be_trained_is_no_plan(method, words, tmp_path):
    plan, run = planned(tmp_path, method, "vgg11_bn")
    with pytest.raises(BenchError, match=f"^demo/drrnet/opensarship/vgg11_bn/lsr: method '{method}' .*{words}"):
        plan.resolve(run)


def test_a_network_of_another_task_is_no_plan(monkeypatch):
    """The dataset says what the task is; its networks have to be of it."""
    plan, run = Plan(settings_from({})), parse_run("demo/drrnet/opensarship/vgg11_bn/baseline/seed0")
    monkeypatch.setattr("bench.plan.plan.backbone_facts", lambda name: {"task": "segmentation"})
    with pytest.raises(BenchError, match="cannot use backbone 'vgg11_bn', a network for segmentation: .*classification"):
        plan.resolve(run)
