"""What only a GPU can show: recorded steps, resuming, side by side, evaluation and precision there. Skipped elsewhere."""

import pytest
import torch
from projects.squares import built, trained

from bench.jobs.environment import hardware
from bench.methods import load_method
from bench.plan.catalogue import method_files
from bench.plan.metrics import USUAL_TASK
from bench.tasks.classification import scorer
from bench.testing.candidate import Candidate
from bench.train import Interrupted, Machine, build_student, side_by_side

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]

KINDS = {name: load_method(name) for name in sorted(method_files())}
STEADY = [name for name, kind in KINDS.items() if kind.steady and kind.trains and USUAL_TASK in kind.tasks]
CLOSE = {"rtol": 1e-3, "atol": 1e-4}
SGD = {"name": "sgd", "lr": 0.05, "momentum": 0.9}


@pytest.fixture(autouse=True)
def repeatable():
    """Convolutions that are not searched and repeat bit for bit, so that what differs is ours."""
    kept = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    yield
    torch.backends.cudnn.deterministic = kept


def machine(cuda_graphs="auto", precision="fp32"):
    return Machine.of("cuda", precision, 1, cuda_graphs=cuda_graphs)


def assert_close(one, other):
    for (name, first), second in zip(one.method.named_parameters(), other.method.parameters(), strict=True):
        torch.testing.assert_close(first, second, **CLOSE, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("name", STEADY)
def test_a_recorded_step_is_the_step(name):
    candidate = Candidate(name)
    plain, recorded = candidate.stepped("no", "cuda"), candidate.stepped("yes", "cuda")
    assert (plain.update.how, recorded.update.how) == ("eager", "graphed")
    assert all(bool(torch.isfinite(parameter).all()) for parameter in recorded.method.parameters())
    assert_close(plain, recorded)


@pytest.mark.parametrize(
    ("method", "backbone", "size"), [("dlb", "resnet18", 32), ("baseline", "alexnet", 64)], ids=["short last", "dropout"]
)
def test_a_training_of_recorded_steps_ends_as_one_of_steps_as_they_come(method, backbone, size, config, squares, tmp_path):
    settings = config(method, epochs=4, backbone=backbone, image_size=size, optimiser=SGD)
    ends = [trained(settings, squares, machine(graphs), tmp_path / graphs) for graphs in ("no", "yes")]
    assert ends[1][1].update.how == "graphed"
    assert_close(ends[0][1], ends[1][1])


def test_a_stopped_training_continues_and_ends_as_an_undisturbed_one(config, squares, tmp_path):
    settings = config("dlb", epochs=3, optimiser=SGD)
    _, whole = trained(settings, squares, machine(), tmp_path / "whole")
    asked = iter(range(100))
    with pytest.raises(Interrupted):
        trained(settings, squares, machine(), tmp_path / "cut", stop=lambda: next(asked) >= 6)
    _, again = trained(settings, squares, machine(), tmp_path / "cut")
    assert_close(whole, again)


def test_trainings_side_by_side_end_as_they_would_alone(config, squares, tmp_path):
    asked = [
        config("dlb", epochs=3, optimiser=SGD),
        config("baseline", epochs=2, backbone="alexnet", image_size=64, optimiser=SGD),
        config("baseline", epochs=2, seed=1, backbone="alexnet", image_size=64, optimiser=SGD),
    ]
    alone = [trained(each, squares, machine(), tmp_path / f"alone{place}")[1] for place, each in enumerate(asked)]
    loops = [built(each, squares, machine(), tmp_path / f"beside{place}") for place, each in enumerate(asked)]
    assert [end.status for end in side_by_side(loops)] == ["finished"] * 3
    for one, loop in zip(alone, loops, strict=True):
        assert_close(one, loop.training)


def test_an_evaluation_counts_there_what_it_counts_on_the_cpu():
    draw = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(300, 9, generator=draw), torch.randint(9, (300,), generator=draw)
    found = []
    for device in ("cpu", "cuda"):
        counted = scorer(9)
        for rows in torch.arange(300).split(128):
            counted.add(logits[rows].to(device), labels[rows].to(device))
        found.append(counted.values())
    assert found[0] == found[1]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_in_each_precision_is_finite_and_says_what_fp32_is(precision, config, squares, tmp_path):
    if precision == "bf16" and torch.cuda.get_device_capability()[0] < 8:
        pytest.skip("this GPU does not compute in bfloat16")
    teachers = {"offline": build_student(config(seed=5), len(squares.classes))}
    outcome, _ = trained(config("kd", epochs=2), squares, machine(precision=precision), tmp_path / "c", teachers)
    assert outcome.status == "finished" and outcome.cost["peak_memory_mb"] > 0
    assert hardware("cuda", 1)["tf32"] == {"convolutions": True, "matmul": False}
