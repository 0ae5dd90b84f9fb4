"""Checks that every method must pass, whatever it does: one function each, taking a :class:`Candidate`.

The suite calls them for every registered method; a test that ``python -m bench new-method`` writes calls them for a file of
one's own. A check that fails is an ``AssertionError`` that says what to change.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Mapping
from typing import Any

import torch

from bench.methods import Method, Step
from bench.methods._card import SOURCES, UNSAID, card_of
from bench.methods._registry import params_of
from bench.plan import BenchError
from bench.plan.catalogue import method_facts, method_files
from bench.plan.metrics import USUAL_TASK
from bench.testing.candidate import BATCH, CLASSES, Candidate, late
from bench.train.loop import Outcome
from bench.train.precision import LOWER, autocast
from bench.train.setup import build_student

__all__ = ["CHECKS", "Candidate"]

LONGEST_IDEA = 200
LITERALS = ("tasks", "needs", "views", "pairs", "trains", "teacher_roles", "passes")


def its_docstring_has_every_field(candidate: Candidate) -> None:
    """What ``show`` prints is there: idea, paper, equations, differences, a source for every default."""
    card = card_of(candidate.name, candidate.plugins)
    for field in ("idea", "paper", "equations", "differences"):
        _need(getattr(card, field) not in ("", UNSAID), f"the class docstring says nothing under '{field}'")
    _need(card.idea.endswith("."), "the class docstring does not begin with a sentence that ends in a full stop")
    _need(len(card.idea) < LONGEST_IDEA, f"the docstring's first sentence has {len(card.idea)} characters of {LONGEST_IDEA}")
    for item in card.hyperparameters:
        _need(item.source != UNSAID, f"{item.name}: the docstring's {SOURCES} says nothing of it")


def its_hyperparameters_can_be_written_down(candidate: Candidate) -> None:
    """Every default is something that a record can hold, so that what was trained can be said and repeated."""
    try:
        method_facts(method_files(candidate.plugins)[candidate.name])
        params_of(candidate.kind, {})
    except BenchError as error:
        raise AssertionError(str(error)) from None


def its_literals_are_read_without_importing_it(candidate: Candidate) -> None:
    """The plan, which imports no torch, reads the same label, views, teachers and passes from the file's syntax."""
    kind = candidate.kind
    facts = method_facts(method_files(candidate.plugins)[candidate.name])
    _need(facts["class"] == kind.__name__, f"the plan takes the class {facts['class']} for the method")
    for key in ("label", *(key for key in LITERALS if key in vars(kind))):
        _need(facts.get(key) == getattr(kind, key, None), f"{key} is not a plain assignment of a literal in the class body")
    _need("label" in facts, "the class has no label")


def its_cost_is_counted(candidate: Candidate) -> None:
    """``passes`` names the passes of student and teachers that a step takes."""
    kind = candidate.kind
    strange = kind.passes.keys() - {"forward", "backward", "teacher"}
    _need(not strange, f"passes has {sorted(strange)}; allowed: forward, backward, teacher")
    # A frozen network of the method's own is asked as a teacher is.
    frozen = any(not item.requires_grad for item in candidate.build().parameters())
    teaches = kind.trains and (bool(kind.teacher_roles) or frozen)
    _need(teaches or "teacher" not in kind.passes, "passes counts a teacher's passes, and there is no teacher")
    _need(not teaches or "teacher" in kind.passes, "passes does not count the teacher's passes")
    if kind.trains:
        _need(kind.cost() > 0, "passes says that a step costs nothing")
    else:
        _need(kind.cost() == 0, "passes says that a step costs something, and nothing is trained")


def terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher(candidate: Candidate) -> None:
    """Loss terms are finite scalars, every trained parameter gets a gradient, and teachers stay as they are."""
    if not candidate.kind.trains:
        return
    method = candidate.build()
    before = {role: copy.deepcopy(teacher.state_dict()) for role, teacher in method.teachers.items()}
    torch.manual_seed(1)
    for step in range(6):  # a sub-network is drawn anew in each; every block has to be in one of them
        _backward(_checked(method(candidate.batch(step), late(step))))
    _need_finite_gradients(method)
    missed = {
        key
        for key, item in method.named_parameters()
        if (item.requires_grad or key.startswith("student.")) and (item.grad is None or not item.grad.abs().max() > 0)
    }
    for key in sorted(missed - candidate.unreached):
        raise AssertionError(f"parameter {key} gets no gradient")
    for key in sorted(candidate.unreached - missed):
        raise AssertionError(f"parameter {key} gets a gradient (or is not there), although it is said to be unreached")
    for role, teacher in method.teachers.items():
        learns = any(item.grad is not None or item.requires_grad for item in teacher.parameters())
        _need(not learns, f"teacher '{role}' is trained")
        _need(not _difference(teacher.state_dict(), before[role]), f"teacher '{role}' has changed")


def nothing_of_a_teacher_is_trained_or_saved_with_the_student(candidate: Candidate) -> None:
    """Teachers are no modules of the method."""
    method = candidate.build()
    own = {id(item) for item in (*method.parameters(), *method.buffers())}
    for role, teacher in method.teachers.items():
        shared = any(id(item) in own for item in teacher.parameters())
        _need(not shared, f"teacher '{role}' is a module of the method; use self.teachers or self.ask, and assign it nowhere")


def it_is_finite_in_lower_precision(candidate: Candidate) -> None:
    """Where convolutions compute in bf16 or fp16, logits and loss terms are fp32 and gradients finite."""
    if not candidate.kind.trains:
        return
    method = candidate.build()
    for step, precision in enumerate(LOWER):
        with autocast(precision, torch.device("cpu")):
            made = method(candidate.batch(step), late(step))
        _backward(_checked(made, f" under {precision} autocast"))
    _need_finite_gradients(method)


def its_state_goes_round(candidate: Candidate) -> None:
    """Saved after a step and loaded into another instance, it takes the same next step."""
    if not candidate.kind.trains:
        return
    first, second = candidate.build(), candidate.build(seed=1)
    _backward(first(candidate.batch(), late(0)))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    try:
        second.load_state_dict(torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    except Exception as error:  # whatever a state of the method's own making meets
        raise AssertionError(f"its state does not load again: {type(error).__name__}: {error}") from error
    _need_same(first, second, "after loading")
    made = []
    for method in (first, second):
        torch.manual_seed(2)
        made.append({key: float(term.detach()) for key, term in method(candidate.batch(1), late(1)).losses.items()})
    reason = "the next step differs after loading: it depends on something that is not in state_dict()"
    _need(made[0] == made[1], f"{reason} ({made[0]} and {made[1]})")
    _need_same(first, second, "a step after loading")


def it_repeats_by_seed_also_when_interrupted(candidate: Candidate) -> None:
    """Stopped in the second epoch and taken up again, it ends where a training in one go ends, bit for bit."""
    outcome, training = candidate.whole
    _need(outcome.status == "finished", f"a short training does not finish: {outcome.status}, {outcome.reason}")
    ways: dict[int | None, str] = {
        None: "when trained again with the same seed (draw with torch alone, which the loop seeds at every step)"
    }
    if training.method.trains:
        ways[4] = "when interrupted and taken up again (whatever a step leaves for the next belongs in state_dict())"
    for stop_after, way in ways.items():
        again, repeated = candidate.train(stop_after)
        _need_same(repeated.method, training.method, way)
        _need(_history(again) == _history(outcome), f"its curve or its metrics differ {way}")


def what_says_that_it_is_steady_is_recorded_and_replayed(candidate: Candidate) -> None:
    """A step that a GPU may record changes the weights, replayed in later steps and another epoch, as the step itself does."""
    if not (candidate.kind.steady and candidate.kind.trains and candidate.task == USUAL_TASK):
        return
    plain, recorded = candidate.stepped("no"), candidate.stepped("yes")
    how = recorded.update.how
    _need(how == "graphed", f"steady is True, and a step cannot be recorded ({how}); write steady = False")
    _need_same(recorded.method, plain.method, "where its steps are replayed: Python steers them; write steady = False")


def what_is_exported_is_the_untouched_network_and_predicts_the_same(candidate: Candidate) -> None:
    """A plain network with the exported weights gives the logits of ``predict``."""
    method = candidate.whole[1].method.eval()
    try:
        weights = method.export()
    except BenchError as error:
        _need(not candidate.exports, f"export refuses: {error}")
        _need("no weights of its own" in str(error), "export does not say that the method has no weights of its own")
        return
    _need(candidate.exports, "export gives weights, although no single network predicts as the method does")
    fresh = build_student(candidate.config(seed=9), CLASSES).eval()
    try:
        fresh.net.load_state_dict(weights)
    except RuntimeError as error:
        raise AssertionError(f"what export gives does not fit the plain network: {error}") from None
    images = candidate.batch(seed=3).images
    with torch.no_grad():
        plain, deployed = fresh(images), method.predict(images)
    try:
        torch.testing.assert_close(plain, deployed, rtol=1e-4, atol=1e-5)
    except AssertionError as error:
        raise AssertionError(f"the exported network does not predict as predict() does: {error}") from None


def teachers_are_asked_for_by_role(candidate: Candidate) -> None:
    """``teacher_roles`` is a tuple of names, and those teachers the method holds."""
    roles = candidate.kind.teacher_roles
    _need(isinstance(roles, tuple), f"teacher_roles is {roles!r}, not a tuple; one role is written ('offline',)")
    _need(len(set(roles)) == len(roles), f"teacher_roles names a role twice: {roles}")
    _need(set(candidate.teachers()) == set(roles), "the teachers are not those of teacher_roles")
    held = set(candidate.build().teachers)
    _need(held == set(roles), f"the method holds teachers {sorted(held)}, teacher_roles names {sorted(roles)}")


def what_it_is_also_known_as_is_a_valid_setting(candidate: Candidate) -> None:
    """``named`` holds other names than the label's, each with settings that are allowed and not the defaults."""
    kind = candidate.kind
    for name, params in kind.named.items():
        _need(name != kind.label, f"named repeats the label '{name}'")
        try:
            made = params_of(kind, params)
        except BenchError as error:
            raise AssertionError(f"named '{name}': {error}") from None
        _need(made != kind.Params(), f"named '{name}' gives the defaults")


CHECKS: tuple[Callable[[Candidate], None], ...] = (
    its_hyperparameters_can_be_written_down,
    its_docstring_has_every_field,
    its_literals_are_read_without_importing_it,
    its_cost_is_counted,
    terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher,
    nothing_of_a_teacher_is_trained_or_saved_with_the_student,
    it_is_finite_in_lower_precision,
    its_state_goes_round,
    it_repeats_by_seed_also_when_interrupted,
    what_says_that_it_is_steady_is_recorded_and_replayed,
    what_is_exported_is_the_untouched_network_and_predicts_the_same,
    teachers_are_asked_for_by_role,
    what_it_is_also_known_as_is_a_valid_setting,
)


def _need(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)


def _checked(step: Step, where: str = "") -> Step:
    """The step, once its logits are (B, C) in fp32, or (B, C, H, W) for masks, and its terms finite fp32 scalars."""
    if isinstance(step.labels, torch.Tensor) or step.labels is None:  # elsewhere nothing is counted while it trains
        if step.logits is None:
            raise AssertionError(f"a step gives no logits{where}")
        shape, more = tuple(step.logits.shape), () if step.labels is None else tuple(step.labels.shape[1:])
        _need(shape == (BATCH, CLASSES, *more), f"the logits' shape is {shape} for {BATCH} images of {CLASSES} classes{where}")
        _need(step.logits.dtype == torch.float32, f"the logits are {step.logits.dtype}, not torch.float32{where}")
    _need(bool(step.losses), "a step gives no loss term")
    for key, term in step.losses.items():
        _need(term.ndim == 0, f"loss term '{key}' is no scalar: its shape is {tuple(term.shape)}{where}")
        _need(bool(torch.isfinite(term)), f"loss term '{key}' is {float(term.detach())}{where}")
        _need(term.dtype == torch.float32, f"loss term '{key}' is {term.dtype}, not torch.float32{where}")
    return step


def _backward(step: Step) -> None:
    total = torch.stack([term.float() for term in step.losses.values()]).sum()
    _need(total.requires_grad, "no loss term depends on a parameter")
    total.backward()


def _need_finite_gradients(method: Method) -> None:
    for key, item in method.named_parameters():
        finite = item.grad is None or bool(torch.isfinite(item.grad).all())
        _need(finite, f"the gradient of parameter {key} is not finite")


def _values_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """A state dict's tensors; extra state is a mapping, of tensors as a rule."""
    flat: dict[str, Any] = {}
    for key, value in state.items():
        flat.update({f"{key}.{inner}": item for inner, item in value.items()} if isinstance(value, dict) else {key: value})
    return flat


def _difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """The first name that one state alone has or whose values differ; empty where the states are the same."""
    one, other = _values_of(first), _values_of(second)
    lacking = sorted(one.keys() ^ other.keys())
    return next(iter((*lacking, *(key for key in one if key in other and not _equal(one[key], other[key])))), "")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    return type(one) is type(other) and bool(one == other)


def _need_same(first: Method, second: Method, when: str) -> None:
    difference = _difference(first.state_dict(), second.state_dict())
    _need(not difference, f"its state differs {when}: {difference}")


def _history(outcome: Outcome) -> str:
    return repr((outcome.status, outcome.metrics, outcome.curve))
