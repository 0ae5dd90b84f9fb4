"""Each check fails for a method that does not keep it, and its message says what is wrong."""

import pytest

from bench.testing import conformance
from bench.testing.conformance import CHECKS, Candidate

SOUND = '''
import random

import torch
import torch.nn.functional as F
from torch import nn

from bench.methods import Method, Step


class Mine(Method):
    """Cross entropy.

    Paper: none.

    Equations: CE(z, y).

    Differences from the authors' code: none known.
    """

    label = "Mine"
    teacher_roles = ("offline",)
    passes = {"forward": 1, "backward": 1, "teacher": 1}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.head = nn.Linear(self.num_classes, self.num_classes)
        self.seen = 0

    def step(self, batch, clock):
        logits = self.student(batch.views[0])
        own = F.cross_entropy(self.head(logits).float(), batch.labels)
        kd = F.mse_loss(logits, self.ask("offline", batch.views[0]))
        return Step(logits, batch.labels, {"ce": F.cross_entropy(logits, batch.labels), "own": own, "kd": kd})
'''
PREDICT = "\n    def predict(self, images):\n        return 2 * self.student(images)\n"
EXPORT = "\n    def export(self):\n        return self.head.state_dict()\n"
STEP = "        logits = self.student(batch.views[0])\n"
STEPS = "terms_are_finite_and_their_gradient_reaches_the_student_and_no_teacher"
REPEATS = "it_repeats_by_seed_also_when_interrupted"
EXPORTS = "what_is_exported_is_the_untouched_network_and_predicts_the_same"
STEADY = "what_says_that_it_is_steady_is_recorded_and_replayed"
KNOWN = "what_it_is_also_known_as_is_a_valid_setting"
WRITTEN = "its_hyperparameters_can_be_written_down"
PARAMS = '\n    @__import__("dataclasses").dataclass(frozen=True)\n    class Params:\n        x: object = {}\n'
# The check, what is written in place of what (None: at the end), and the message.
BROKEN = {
    "a function as default": (WRITTEN, None, PARAMS.format("lambda x: x"), "the default of x is a function, which no record"),
    "a computed default": (WRITTEN, None, PARAMS.format("torch.nn"), "x is a module, which no record can hold"),
    "no equations": ("its_docstring_has_every_field", "Equations:", "Formulas:", "nothing under 'equations'"),
    "label computed": ("its_literals_are_read_without_importing_it", '"Mine"', '"Mi".join("ne")', "label is not a plain"),
    "teacher not counted": ("its_cost_is_counted", ', "teacher": 1}', "}", "does not count the teacher"),
    "NaN": (STEPS, "return Step(", "own = own * float('nan')\n        return Step(", "loss term 'own' is nan"),
    "vector": (STEPS, '"own": own,', '"own": own.repeat(2),', "loss term 'own' is no scalar"),
    "unreachable": (STEPS, "self.head(logits)", "logits", "parameter head.(weight|bias) gets no gradient"),
    "frozen student": (STEPS, "self.seen = 0", "self.student.requires_grad_(False)", "parameter student.* gets no gradient"),
    "teacher updated": (
        STEPS,
        STEP,
        STEP + "        with torch.no_grad():\n            next(self.teachers['offline'].parameters()).mul_(0.9)\n",
        "teacher 'offline' has changed",
    ),
    "teacher a module": (
        "nothing_of_a_teacher_is_trained_or_saved_with_the_student",
        "self.seen = 0",
        "self.teacher = self.teachers['offline']",
        "teacher 'offline' is a module",
    ),
    "bf16": ("it_is_finite_in_lower_precision", "Step(logits,", "Step(self.head(logits),", "logits are torch.bfloat16"),
    "bf16 term": ("it_is_finite_in_lower_precision", '"own": own,', '"own": self.head(logits).sum(),', "'own' is torch.bf"),
    "forgotten state": (
        "its_state_goes_round",
        STEP,
        STEP + "        self.seen += 1\n        logits = logits * self.seen\n",
        "something that is not in state_dict",
    ),
    "forgotten state in a training": (
        REPEATS,
        STEP,
        STEP + "        self.seen += 1\n        logits = logits * self.seen\n",
        "when interrupted and taken up again",
    ),
    "unseeded": (REPEATS, STEP, STEP + "        logits = logits * random.random()\n", "when trained again with the same seed"),
    "steady and drawn": (STEADY, "self.head(logits)", "self.head(logits * float(torch.rand(())))", "reads a number off"),
    "steady and steered": (
        STEADY,
        STEP,
        "        self.seen += 1\n        logits = self.student(batch.views[0]) * (2 if self.seen == 5 else 1)\n",
        "its steps are replayed: Python steers them",
    ),
    "diverges": (REPEATS, '"own": own,', '"own": own * float("inf"),', "does not finish: diverged"),
    "predicts otherwise": (EXPORTS, None, PREDICT, "does not predict as predict"),
    "exports otherwise": (EXPORTS, None, EXPORT, "does not fit the plain network"),
    "one role": ("teachers_are_asked_for_by_role", '("offline",)', '"offline"', "teacher_roles is 'offline', not a tuple"),
    "unknown setting": (KNOWN, None, '\n    named = {"Also": {"weight": 1}}\n', "named 'Also': .* no hyper-parameter 'weight'"),
    "known by its label": (KNOWN, None, '\n    named = {"Mine": {}}\n', "repeats the label"),
}  # fmt: skip


@pytest.fixture
def candidate(tmp_path):
    """Writes a method file of the given text."""

    def write(text):
        path = tmp_path / "mine.py"
        path.write_text(text)
        return Candidate.of_file(path)

    return write


def test_the_sound_one_passes(candidate):
    sound = candidate(SOUND)
    for check in CHECKS:
        check(sound)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_one_fails(fault, candidate):
    check, old, new, message = BROKEN[fault]
    assert old is None or SOUND.count(old) == 1
    text = SOUND + new if old is None else SOUND.replace(old, new)
    vouched = ('label = "Mine"', 'label = "Mine"\n    steady = True') if check == STEADY else ("", "")
    broken = candidate(text.replace(*vouched))
    with pytest.raises(AssertionError, match=message):
        getattr(conformance, check)(broken)


def test_every_check_can_fail():
    assert {check for check, *_ in BROKEN.values()} == {check.__name__ for check in CHECKS}


def test_what_is_said_to_be_unreached_has_to_be(candidate, tmp_path):
    candidate(SOUND)
    wrong = Candidate("mine", (str(tmp_path / "mine.py"),), unreached=frozenset({"head.bias"}))
    with pytest.raises(AssertionError, match=r"head\.bias gets a gradient"):
        getattr(conformance, STEPS)(wrong)
