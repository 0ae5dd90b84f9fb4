"""What the distillation methods on detectors share: the teacher is left alone, its answers are about the student's boxes."""

import copy

import pytest
import torch
from projects.detectors import CLASSES, TARGETS, boxed_batch, target, wrapped

from bench.methods import Clock
from bench.methods.detection_baseline import DetectionBaseline
from bench.methods.fgfi import FineGrainedImitation
from bench.methods.fitnet_detection import DetectionHint
from bench.methods.kd_detection import DetectionDistillation
from bench.methods.reviewkd_detection import DetectionReview

DISTILLED = {DetectionDistillation: "kd", DetectionHint: "hint", FineGrainedImitation: "imitation", DetectionReview: "review"}
CLOCK = Clock(2, 10, 0, 500)
OWN_TERMS = {"rpn_objectness", "rpn_box", "class", "box"}


def made(kind, teacher=None, **params):
    teachers = {"offline": teacher or wrapped(seed=5)} if kind.teacher_roles else {}
    student = wrapped(seed=0)
    torch.manual_seed(3)
    return kind(student, kind.Params(**params), CLASSES, teachers)


def test_the_baseline_has_the_detectors_own_terms():
    method = made(DetectionBaseline)
    step = method(boxed_batch(), CLOCK)
    assert set(step.losses) == OWN_TERMS and all(term.isfinite() for term in step.losses.values())


@pytest.mark.parametrize("kind", DISTILLED)
def test_a_term_more_and_the_teacher_untouched(kind):
    method = made(kind)
    teacher = method.teachers["offline"]
    before = copy.deepcopy(teacher.state_dict())
    torch.manual_seed(11)
    step = method(boxed_batch(), CLOCK)
    assert set(step.losses) == OWN_TERMS | {DISTILLED[kind]}
    assert step.losses[DISTILLED[kind]] > 0
    step.losses[DISTILLED[kind]].backward()
    assert method.student.net.body.res3[0].conv1.weight.grad.any()
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert not [name for name, _ in method.named_parameters() if "teacher" in name]


@pytest.mark.parametrize("kind", DISTILLED)
def test_the_detectors_own_terms_are_the_baselines(kind):
    torch.manual_seed(11)
    own = made(DetectionBaseline)
    torch.manual_seed(11)
    plain = own(boxed_batch(), CLOCK).losses
    torch.manual_seed(11)
    method = made(kind)
    torch.manual_seed(11)
    distilled = method(boxed_batch(), CLOCK).losses
    assert all(torch.equal(plain[name], distilled[name]) for name in OWN_TERMS)


@pytest.mark.parametrize("kind", DISTILLED)
def test_pictures_without_boxes_are_finite(kind):
    step = made(kind)(boxed_batch([target()] * 3), CLOCK)
    assert all(term.isfinite() for term in step.losses.values())
    if kind is FineGrainedImitation:
        assert step.losses["imitation"] == 0
    sum(step.losses.values()).backward()


@pytest.mark.parametrize("kind", DISTILLED)
def test_bfloat16_leaves_the_losses_in_fp32(kind):
    method = made(kind)
    with torch.autocast("cpu", torch.bfloat16):
        step = method(boxed_batch(), CLOCK)
    assert all(term.dtype == torch.float32 and term.isfinite() for term in step.losses.values())


def test_a_teacher_that_is_the_student_teaches_nothing():
    student = wrapped(seed=0).eval()
    method = made(DetectionDistillation, teacher=wrapped(seed=0))
    method.eval()  # norms of both by their running statistics
    assert method(boxed_batch(), CLOCK).losses["kd"].item() == pytest.approx(0, abs=1e-6)
    assert student.net.regions.num_classes == CLASSES


def test_the_teachers_head_sees_the_students_boxes():
    method = made(DetectionDistillation)
    seen = {}
    for name, net in (("student", method.student), ("teacher", method.teachers["offline"])):
        net.net.regions.register_forward_pre_hook(lambda module, inputs, name=name: seen.update({name: inputs[1]}))
    method(boxed_batch(), CLOCK)
    assert len(seen["student"]) == len(TARGETS)
    assert all(a is b for a, b in zip(seen["student"], seen["teacher"], strict=True))
    assert sum(map(len, seen["student"])) == 16 * len(TARGETS)


def test_both_reductions_differ_by_the_number_of_classes():
    terms = []
    for reduction in ("roi", "element"):
        method = made(DetectionDistillation, reduction=reduction)
        torch.manual_seed(2)
        terms.append(method(boxed_batch(), CLOCK).losses["kd"].item())
    assert terms[0] == pytest.approx(terms[1] * (CLASSES + 1), rel=1e-5)


def test_a_hint_reaches_the_body_and_not_the_pyramid():
    method = made(DetectionHint)
    method(boxed_batch(), CLOCK).losses["hint"].backward()
    net = method.student.net
    assert net.body.stem[0].weight.grad.any() and net.body.res3[1].conv2.weight.grad.any()
    later = [*net.body.res4.parameters(), *net.pyramid.parameters(), *net.proposals.parameters(), *net.regions.parameters()]
    assert all(parameter.grad is None for parameter in later)


def test_imitation_begins_after_its_warm_up():
    method = made(FineGrainedImitation, warm_up=400)
    for iteration, on in ((0, False), (399, False), (400, True)):
        step = method(boxed_batch(), Clock(1, 10, iteration, 1000))
        assert bool(step.losses["imitation"] > 0) is on
    for iteration, on in ((19, False), (20, True)):  # of 200 steps a tenth
        assert bool(method(boxed_batch(), Clock(1, 10, iteration, 20)).losses["imitation"] > 0) is on


@pytest.mark.parametrize(
    ("kind", "count"),
    [(DetectionHint, 128 * 512 + 512 + 2 * 512), (DetectionReview, 3_286_024), (FineGrainedImitation, 2_950_400)],
)
def test_added_parameters_at_full_width(kind, count):
    with torch.device("meta"):
        full = {"width": 1.0, "pyramid_width": 256, "hidden": 8}
        student, teacher = wrapped(**full), wrapped("fasterrcnn_resnet101_fpn", **full)
        method = kind(student, kind.Params(), CLASSES, {"offline": teacher})
    added = sum(parameter.numel() for name, parameter in method.named_parameters() if not name.startswith("student."))
    assert added == count


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (DetectionDistillation, {"reduction": "sum"}),
        (DetectionDistillation, {"temperature": 0}),
        (DetectionHint, {"stage": "res1"}),
        (FineGrainedImitation, {"scope": "own"}),
        (FineGrainedImitation, {"factor": 1.5}),
        (DetectionReview, {"weight": -1}),
    ],
)
def test_impossible_parameters_are_refused(kind, params):
    with pytest.raises(ValueError, match=next(iter(params))):
        kind.Params(**params)
