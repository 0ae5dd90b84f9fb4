"""The loop: learning, repeatability, resume, divergence."""

import math

import pytest
import torch
from projects.squares import built, trained

from bench.plan import BenchError
from bench.train import Interrupted, Machine, side_by_side

METHODS = {
    "baseline": {},
    "lsr": {},
    "dlb": {},
    "tfkd": {"offline": 5},
    "drrnet_skd": {"offline": 5},
}


# What is trained once is compared with in one worker.
EACH = [pytest.param(name, marks=pytest.mark.xdist_group(f"loop-{name}")) for name in METHODS]
WHOLE = {}


@pytest.fixture
def undisturbed(config, run, teacher, tmp_path):
    """The training of a method that nobody stops: made by the first test that compares with it."""

    def train(method):
        if method not in WHOLE:
            teachers = {role: teacher(seed) for role, seed in METHODS[method].items()}
            WHOLE[method] = run(config(method), teachers, tmp_path / "undisturbed")
        return WHOLE[method]

    return train


def values(outcome):
    """What must repeat: metrics and curve, not times."""
    return outcome.status, outcome.metrics, outcome.curve


def state(training):
    return {name: value.clone() for name, value in training.method.student.state_dict().items()}


def assert_same(first, second):
    assert repr(values(first[0])) == repr(values(second[0]))
    one, other = state(first[1]), state(second[1])
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("method", EACH)
def test_it_learns_and_repeats_bit_for_bit(method, config, run, teacher, undisturbed):
    first = undisturbed(method)
    assert_same(first, run(config(method), {role: teacher(seed) for role, seed in METHODS[method].items()}))
    outcome = first[0]
    assert outcome.status == "finished"
    assert outcome.metrics["accuracy"] > 50
    assert outcome.metrics["accuracy"] == outcome.curve["test_accuracy"][-1]
    assert outcome.metrics["best_accuracy"] == max(outcome.curve["test_accuracy"])
    assert len(outcome.curve["loss"]) == 12


def test_another_seed_is_another_training(config, run, tmp_path):
    first, second = run(config(seed=0), checkpoint=tmp_path / "a"), run(config(seed=1), checkpoint=tmp_path / "b")
    assert first[0].curve["loss"] != second[0].curve["loss"]


@pytest.mark.parametrize("method", EACH)
@pytest.mark.parametrize("steps", [1, 7, 40])
def test_a_training_that_is_stopped_anywhere_ends_where_it_would_have(
    method, steps, config, run, teacher, undisturbed, tmp_path
):
    teachers = {role: teacher(seed) for role, seed in METHODS[method].items()}
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        run(config(method), teachers, tmp_path / "cut", stop=lambda: next(calls) >= steps)
    assert (tmp_path / "cut").exists()
    assert_same(undisturbed(method), run(config(method), teachers, tmp_path / "cut"))


def test_an_evaluation_can_be_stopped_and_is_done_again(config, run, tmp_path):
    whole = run(config(), checkpoint=tmp_path / "whole")
    asked = []
    with pytest.raises(Interrupted):  # four steps, then the test images
        run(config(), checkpoint=tmp_path / "cut", stop=lambda: asked.append(0) or len(asked) > 4)
    assert len(asked) == 5
    assert_same(whole, run(config(), checkpoint=tmp_path / "cut"))


def test_a_training_pauses_after_every_step(config, squares, machine, tmp_path):
    loop = built(config(epochs=2), squares, machine, tmp_path / "a")
    assert sum(1 for _ in loop.steps()) == 2 * 4  # 60 images in batches of 16
    assert loop.outcome.status == "finished" and loop.progress.epoch == 2


def test_trainings_that_take_turns_end_as_they_would_alone(config, squares, machine, run, teacher, tmp_path):
    asked = {
        "baseline": (config(epochs=3, seed=0), {}),
        "dlb": (config("dlb", epochs=2, seed=1), {}),
        "dropout": (config("tfkd", epochs=2, backbone="alexnet", image_size=64), {"offline": 5}),
    }
    teachers = {name: {role: teacher(seed) for role, seed in roles.items()} for name, (_, roles) in asked.items()}
    alone = {name: run(made, teachers[name], tmp_path / name) for name, (made, _) in asked.items()}
    loops = [built(made, squares, machine, tmp_path / f"{name} too", teachers[name]) for name, (made, _) in asked.items()]
    for (outcome, training), together, loop in zip(alone.values(), side_by_side(loops), loops, strict=True):
        assert_same((outcome, training), (together, loop.training))


def test_one_that_breaks_off_leaves_the_others(config, squares, machine, run, tmp_path):
    whole, training = run(config(epochs=2), checkpoint=tmp_path / "whole")
    broken, sound, stopped = (built(config(epochs=2), squares, machine, tmp_path / name) for name in ("a", "b", "c"))
    broken.training.update = lambda batch, clock: 1 / 0
    asked = iter(range(10**6))
    stopped.stop = lambda: next(asked) >= 3
    ends = side_by_side([broken, sound, stopped])
    assert isinstance(ends[0], ZeroDivisionError) and isinstance(ends[2], Interrupted) and (tmp_path / "c").exists()
    assert_same((whole, training), (ends[1], sound.training))
    assert_same((whole, training), run(config(epochs=2), checkpoint=tmp_path / "c"))


def test_dropout_networks_resume_too(config, run, tmp_path):
    recipe = config("dlb", backbone="alexnet", image_size=64)
    whole = run(recipe, checkpoint=tmp_path / "whole")
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        run(recipe, checkpoint=tmp_path / "cut", stop=lambda: next(calls) >= 18)
    assert_same(whole, run(recipe, checkpoint=tmp_path / "cut"))


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_checkpoint_is_named_and_training_starts_anew(damage, config, run, tmp_path, capfd):
    whole = run(config(), checkpoint=tmp_path / "whole")
    path = tmp_path / "cut"
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        run(config(), checkpoint=path, stop=lambda: next(calls) >= 18)
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    assert_same(whole, run(config(), checkpoint=path))
    assert "damaged" in capfd.readouterr().err


def test_a_checkpoint_of_another_config_is_not_used(config, run, tmp_path, capfd):
    calls = iter(range(10**6))
    with pytest.raises(Interrupted):
        run(config(), checkpoint=tmp_path / "x", stop=lambda: next(calls) >= 18)
    changed = config(optimiser={"name": "adam", "lr": 1e-3})
    assert_same(run(changed, checkpoint=tmp_path / "y"), run(changed, checkpoint=tmp_path / "x"))
    assert "another config" in capfd.readouterr().err


def test_a_loss_that_is_not_a_number_ends_the_run_as_diverged(config, run):
    outcome, _ = run(config(optimiser={"name": "sgd", "lr": 1e30}))
    assert outcome.status == "diverged"
    assert "loss is" in outcome.reason
    assert outcome.metrics == {}


def test_a_missing_teacher_is_one_line(config, run):
    with pytest.raises(BenchError, match="needs a teacher 'offline'"):
        run(config("tfkd"))


def test_an_unknown_hyper_parameter_is_one_line(config, run):
    with pytest.raises(BenchError, match="no hyper-parameter 'wieght'.*did you mean 'weight'"):
        run(config("dlb", {"wieght": 1}))


def test_adaptive_weights_are_in_the_curve(config, run, teacher):
    outcome, _ = run(config("drrnet_skd", {"alpha": 1.3}), {"offline": teacher()})
    sums = [a + b for a, b in zip(outcome.curve["w_lb"], outcome.curve["w_kd"], strict=True)]
    assert all(math.isclose(total, 1.3, rel_tol=1e-5) for total in sums)


def test_bf16_trains_and_its_curve_is_fp32(config, squares, tmp_path):
    outcome, training = trained(config(), squares, Machine.of("cpu", "bf16", 1), tmp_path / "c")
    assert outcome.status == "finished"
    assert all(parameter.dtype == torch.float32 for parameter in training.method.parameters())


def test_the_last_epoch_leaves_a_hit_per_test_image(config, run, squares, tmp_path):
    outcome, training = run(config(), checkpoint=tmp_path / "a")
    assert len(outcome.hits) == len(squares.test)
    assert 100.0 * sum(outcome.hits) / len(outcome.hits) == outcome.metrics["accuracy"]
    training.method.eval()
    with torch.inference_mode():
        right = [training.task.hits(training.method.predict(batch.images), batch.labels) for batch in training.scored["test"]]
    assert outcome.hits == tuple(torch.cat(right).tolist())
