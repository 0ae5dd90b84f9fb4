"""Steps as a GPU would replay them, without one: what is kept between them, when they are recorded and when not."""

import copy
import dataclasses
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F

from bench.methods import Clock, Method, Step
from bench.methods.baseline import Baseline
from bench.methods.shared.weights import ramp
from bench.tasks import load_task
from bench.train import Interrupted, Machine, build_training
from bench.train.graphed import Graphed, HeldClock
from bench.train.group import ALONE
from bench.train.optimise import build_optimiser
from bench.train.precision import loss_scaler
from bench.train.update import Eager

SHORT_LAST = {"epochs": 5, "schedule_epochs": 5, "batch_size": 16, "clip_gradient": 1.0}  # 16, 16, 16, 12 images
BY_ITERATION = {"name": "multistep", "unit": "iteration", "milestones": [9], "warm_up": 3}
SGD = {"name": "sgd", "lr": 0.05, "momentum": 0.9}
CASES = {
    "adam": ("baseline", {}, {}),
    "by iteration": ("baseline", {}, {"optimiser": SGD, "schedule": BY_ITERATION, "epochs": 3}),
    "carried, and a weight that rises": ("dlb", {"weight": "rising", "hold": 0.5}, {"optimiser": SGD}),
    "two weights that change": ("tfkd", {"weight": "falling", "form": "convex"}, {"optimiser": SGD, "epochs": 4}),
}


@pytest.fixture
def graphed_machine():
    return Machine.of("cpu", "fp32", 1, cuda_graphs="yes")


@pytest.mark.parametrize("case", CASES)
def test_a_training_of_replayed_steps_ends_bit_for_bit_as_one_of_steps_as_they_come(
    case, config, run, teacher, graphed_machine, squares, tmp_path
):
    from projects.squares import trained

    method, params, recipe = CASES[case]
    settings = config(method, params, **{**SHORT_LAST, **recipe})
    teachers = {"offline": teacher()} if method == "tfkd" else {}
    outcome, plain = run(settings, teachers, tmp_path / "plain.pt")
    asked = iter(range(100))
    with pytest.raises(Interrupted):  # in mid-epoch, when its steps are replayed; recorded anew afterwards
        trained(settings, squares, graphed_machine, tmp_path / "c.pt", teachers, stop=lambda: next(asked) >= 8)
    again, replayed = trained(settings, squares, graphed_machine, tmp_path / "c.pt", teachers)
    update = getattr(replayed.update, "update", replayed.update)
    recorded = [form for form in update.forms.values() if form.replay is not None]
    assert replayed.update.how == "graphed" and len(recorded) >= (2 if method == "dlb" else 1)
    assert (again.metrics, again.curve, again.hits) == (outcome.metrics, outcome.curve, outcome.hits)
    for (name, one), other in zip(plain.method.named_parameters(), replayed.method.parameters(), strict=True):
        assert torch.equal(one, other), name
    for (name, one), other in zip(plain.method.named_buffers(), replayed.method.buffers(), strict=True):
        assert torch.equal(one, other), name
    assert str(plain.optimiser.state_dict()) == str(replayed.optimiser.state_dict())


class Steered(Baseline):
    """A method whose step does something else for each way of being steered."""

    steady = True
    way = ""

    def forward(self, batch, clock):
        logits = self.student(batch.images)
        loss = F.cross_entropy(logits, batch.labels)
        if self.way == "a number drawn in Python":
            loss = loss * (1 + float(torch.rand(())))
        elif self.way == "the clock's step":
            loss = loss * (2 if clock.step == 0 else 1)
        elif self.way == "another factor every time":
            self.calls = getattr(self, "calls", 0) + 1
            loss = loss * self.calls
        elif self.way == "a tensor made in Python":
            loss = loss * torch.tensor(2.0)
        elif self.way == "rows chosen by their numbers":
            loss = loss + logits[logits > 0].sum()
        elif self.way == "the epoch":
            loss = loss * ramp(clock.epoch, 3)
        return Step(logits, batch.labels, {"ce": loss})


def update_of(way, config, squares, teacher):
    """Of a steered method, as it comes and recorded, from the same weights."""
    settings, made = config(optimiser=SGD, batch_size=4), []
    for _ in range(2):
        method = Steered(teacher(), Steered.Params(), len(squares.classes), {}).train()
        method.way = way
        optimiser = build_optimiser(method, settings["recipe"])
        made.append(
            Eager(
                method,
                load_task("classification"),
                optimiser,
                loss_scaler("fp32", torch.device("cpu")),
                precision="fp32",
                device=torch.device("cpu"),
                group=ALONE,
            )
        )
    batches = build_training(settings, squares, {}, Machine.of("cpu", "fp32", 1)).batches
    return made[0], Graphed(made[1]), batches


WAYS = {
    "a number drawn in Python": "its step reads a number off a tensor",
    "the clock's step": "its step reads the clock's step",
    "another factor every time": "its operations differ from step to step",
    "a tensor made in Python": "its step makes a tensor of Python's numbers",
    "rows chosen by their numbers": "its step makes a tensor whose shape depends on numbers",
    "the epoch": "",  # recorded anew where its operations change
}


@pytest.mark.parametrize("way", WAYS)
def test_a_step_that_python_steers_is_run_as_it_comes_and_says_why(way, config, squares, teacher):
    plain, recorded, batches = update_of(way, config, squares, teacher)
    for epoch in range(1, 4):
        for step, batch in enumerate(batches.epoch(epoch)):
            for update in (plain, recorded):
                torch.manual_seed(100 * epoch + step)
                update(batch, Clock(epoch, 3, step, 15))
            if way == "another factor every time":
                recorded.method.calls = plain.method.calls  # its rehearsals counted too
    assert recorded.how == (f"eager: {WAYS[way]}" if WAYS[way] else "graphed")
    if way != "another factor every time":
        for one, other in zip(plain.method.parameters(), recorded.method.parameters(), strict=True):
            assert torch.equal(one, other)


def test_a_recording_that_fails_leaves_the_step_as_it_comes_and_is_said(config, squares, machine, graphed_machine, monkeypatch):
    """The device's refusal is played: what a real one says has been seen on no GPU."""

    def refusing(*args, **options):
        raise RuntimeError("CUDA error: operation not permitted\nmore")

    settings = config("dlb", optimiser=SGD, batch_size=12)
    plain, recorded = (build_training(settings, squares, {}, where) for where in (machine, graphed_machine))
    update = recorded.update
    monkeypatch.setattr(torch.cuda, "CUDAGraph", object)
    monkeypatch.setattr(torch.cuda, "graph", refusing)
    update.stream, update._aside = object(), nullcontext
    for training in (plain, recorded):
        for step, batch in enumerate(training.batches.epoch(1)):
            torch.manual_seed(step)
            training.update(batch, Clock(1, 3, step, 5))
    assert update.how == "eager: it cannot be recorded (CUDA error: operation not permitted)"
    for one, other in zip(plain.method.parameters(), recorded.method.parameters(), strict=True):
        assert torch.equal(one, other)


def test_what_a_step_returns_and_carries_lies_where_it_lay(config, squares, graphed_machine):
    training = build_training(config("dlb", optimiser=SGD, batch_size=12), squares, {}, graphed_machine)
    places = []
    for step, batch in enumerate(training.batches.epoch(1)):
        training.update(batch, Clock(1, 3, step, 5))
        places.append([each.data_ptr() for each in training.method.carried])
    assert places[1] == places[-1] and len(places[1]) == 3


def test_a_held_clock_gives_scalars_that_follow_the_epoch_and_notes_what_else_is_read():
    clock = HeldClock(torch.device("cpu"))
    clock.set(Clock(1, 10, 0, 5, 20))
    held = clock.scalar(lambda now: now.epoch / now.epochs)
    assert float(held) == pytest.approx(0.1) and not clock.reads("epoch")
    clock.set(Clock(5, 10, 3, 5, 20))
    assert float(held) == 0.5 and clock.scalar(lambda now: 0.0) is held
    assert clock.schedule_epoch == 8.0 and clock.reads("epoch") and not clock.reads("step")
    assert clock.iteration == 23 and clock.reads("step") and isinstance(clock, Clock)


@pytest.mark.parametrize(("wish", "recorded"), [("auto", False), ("no", False), ("yes", True)])
def test_steps_are_recorded_on_a_gpu_or_where_asked_for(wish, recorded):
    assert Machine.of("cpu", "fp32", 1, cuda_graphs=wish).graphs is recorded


def test_what_cannot_be_alike_is_run_as_it_comes(config, squares, graphed_machine):
    for settings in (config("mixup"), config(micro_batch=4)):
        assert build_training(settings, squares, {}, graphed_machine).update.how == "eager"


def test_a_file_of_one_s_own_has_to_vouch_for_its_steps():
    class Own(Baseline):
        """A method of a plug-in."""

    class Vouched(Own):
        """One whose author looked."""

        steady = True

    assert (Baseline.steady, Own.steady, Vouched.steady, Method.steady) == (True, False, True, True)
    assert dataclasses.is_dataclass(Own.Params) and copy.copy(Own).steady is False
