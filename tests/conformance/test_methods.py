"""What every method owes the loop, whatever it does (methods.md section 9)."""

import io

import pytest
import torch
from small_runs import CLASSES, METHODS, config_of, teachers_of

from bench.methods import load_method
from bench.methods.shared.card import UNSAID, card_of
from bench.methods.shared.registry import params_of
from bench.plan import BenchError
from bench.plan.catalogue import method_facts, method_files
from bench.train import build_student

# Parameters that a step does not reach, and why.
UNREACHED: dict[str, dict[str, str]] = {}
DEPLOY_MORE_THAN_A_NETWORK = {"ensemble"}


def values(outcome):
    return repr((outcome.status, outcome.metrics, outcome.curve))


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def tensors(state):
    """A state dict's tensors; extra state is a mapping of tensors."""
    flat = {}
    for key, value in state.items():
        flat.update({f"{key}.{inner}": item for inner, item in value.items()} if isinstance(value, dict) else {key: value})
    return flat


def total(step):
    return torch.stack([term.float() for term in step.losses.values()]).sum()


def test_its_docstring_has_every_field(registered):
    card = card_of(registered)
    for field in ("idea", "paper", "equations", "differences"):
        assert getattr(card, field) not in ("", UNSAID), field
    assert card.idea.endswith(".") and len(card.idea) < 200
    for item in card.hyperparameters:
        assert item.source != UNSAID, f"{item.name}: the docstring's Sources say nothing of it"


def test_its_literals_are_read_without_importing_it(registered):
    kind, facts = load_method(registered), method_facts(method_files()[registered])
    assert facts["class"] == kind.__name__ and facts["label"] == kind.label
    for key in ("views", "pairs", "trains", "teacher_roles", "passes"):
        if key in vars(kind):
            assert facts[key] == getattr(kind, key)


def test_labels_are_unique():
    labels = [load_method(name).label for name in METHODS]
    assert len(set(labels)) == len(labels)


def test_its_cost_is_counted(registered):
    kind = load_method(registered)
    assert kind.passes.keys() <= {"forward", "backward", "teacher"}
    assert ("teacher" in kind.passes) == (kind.trains and bool(kind.teacher_roles))
    assert kind.cost() > 0 if kind.trains else kind.cost() == 0


def test_terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher(trained, build, batch, late):
    method = build(trained)
    before = {role: tensors(teacher.state_dict()) for role, teacher in method.teachers.items()}
    before = {role: {key: value.clone() for key, value in state.items()} for role, state in before.items()}
    torch.manual_seed(1)
    for step in range(6):  # a sub-network is drawn anew in each; every block has to be in one of them
        made = method.step(batch(method, step), late(step))
        assert made.logits.shape == (7, CLASSES) and made.logits.dtype == torch.float32
        assert all(term.ndim == 0 and torch.isfinite(term) for term in made.losses.values()), made.losses
        total(made).backward()
    reached = {key: item.grad is not None and bool(item.grad.abs().max() > 0) for key, item in method.named_parameters()}
    assert all(torch.isfinite(item.grad).all() for item in method.parameters() if item.grad is not None)
    assert {key for key, hit in reached.items() if not hit} == set(UNREACHED.get(trained, {}))
    for role, teacher in method.teachers.items():
        assert all(item.grad is None and not item.requires_grad for item in teacher.parameters())
        assert same(tensors(teacher.state_dict()), before[role]), f"teacher '{role}' has changed"


def test_nothing_of_a_teacher_is_trained_or_saved_with_the_student(registered, build):
    method = build(registered)
    own = {id(item) for item in (*method.parameters(), *method.buffers())}
    assert not any(id(item) in own for teacher in method.teachers.values() for item in teacher.parameters())


def test_it_is_finite_under_bf16_autocast(trained, build, batch, late):
    method = build(trained)
    for step in range(2):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            made = method.step(batch(method, step), late(step))
        assert made.logits.dtype == torch.float32
        assert {key: term.dtype for key, term in made.losses.items()} == dict.fromkeys(made.losses, torch.float32)
        total(made).backward()
    assert all(torch.isfinite(item.grad).all() for item in method.parameters() if item.grad is not None)


def test_its_state_goes_round(trained, build, batch, late):
    first, second = build(trained), build(trained, seed=1)
    total(first.step(batch(first), late(0))).backward()
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    second.load_state_dict(torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    assert same(tensors(first.state_dict()), tensors(second.state_dict()))
    made = []
    for method in (first, second):
        torch.manual_seed(2)
        made.append(method.step(batch(method, 1), late(1)))
    assert {key: float(term.detach()) for key, term in made[0].losses.items()} == {
        key: float(term.detach()) for key, term in made[1].losses.items()
    }
    assert same(tensors(first.state_dict()), tensors(second.state_dict()))


def test_it_repeats_by_seed_also_when_interrupted(registered, train, whole):
    """Stopped in the second epoch and taken up again, it ends where a training in one go ends, bit for bit."""
    (outcome, training) = whole(registered)
    assert outcome.status == "finished"
    for stop_after in (None, 4) if training.method.trains else (None,):
        again, repeated = train(registered, stop_after)
        assert values(again) == values(outcome)
        assert same(tensors(repeated.method.state_dict()), tensors(training.method.state_dict()))


def test_what_is_exported_is_the_untouched_network_and_predicts_the_same(registered, whole):
    method = whole(registered)[1].method.eval()
    if registered in DEPLOY_MORE_THAN_A_NETWORK:
        with pytest.raises(BenchError, match="no weights of its own"):
            method.export()
        return
    fresh = build_student(config_of("baseline", seed=9), CLASSES)
    assert all(not key.startswith(("teachers", "others")) for key in method.export())
    fresh.net.load_state_dict(method.export())
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        torch.testing.assert_close(fresh.eval()(images), method.predict(images), rtol=1e-4, atol=1e-5)


def test_teachers_are_asked_for_by_role(registered):
    kind = load_method(registered)
    assert set(teachers_of(registered)) == set(kind.teacher_roles)


def test_what_it_is_also_known_as_is_a_valid_setting(registered):
    kind = load_method(registered)
    for name, params in kind.named.items():
        assert name != kind.label
        assert params_of(kind, params) != kind.Params()
