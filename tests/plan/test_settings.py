"""Settings: defaults, assignments, and faults told in one line."""

import pytest

from bench.plan import BenchError, load_settings, settings_from
from bench.plan.schema import load_yaml
from bench.plan.settings import CONFIG


def test_an_empty_config_is_the_demo_with_five_seeds():
    settings = settings_from({})
    assert settings.scale == "demo"
    assert settings.seeds == (0, 1, 2, 3, 4)


def test_the_shipped_config_is_the_default():
    assert settings_from(load_yaml(CONFIG)) == settings_from({})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"scal": "demo"}, ("unknown key 'scal'", "did you mean 'scale'")),
        ({"seeds": []}, ("seeds",)),
        ({"seeds": [1, 1]}, ("seeds",)),
        ({"seeds": ["a"]}, ("seeds",)),
        ({"seeds": [10**12]}, ("seeds",)),
        ({"precision": "fp8"}, ("precision", "auto, bf16, fp32")),
        ({"device": "gpu"}, ("device",)),
        ({"threads": 0}, ("threads",)),
    ],
)
def test_a_fault_is_one_line_with_what_is_allowed(config, words):
    with pytest.raises(BenchError) as fault:
        settings_from(config)
    assert "\n" not in str(fault.value)
    for word in words:
        assert word in str(fault.value)


def test_assignments_win_over_what_the_workflow_passes_and_that_over_the_file():
    settings = load_settings(["seeds=[7, 8]", "data_dir=/data/my sets"], {"scale": "paper", "threads": 4, "seeds": ["1"]})
    assert settings.seeds == (7, 8)
    assert settings.data_dir == "/data/my sets"
    assert (settings.scale, settings.threads) == ("paper", 4)


def test_seeds_may_come_as_text():
    assert settings_from({"seeds": ["0", "12"]}).seeds == (0, 12)


@pytest.mark.parametrize("assignment", ["scale", "seeds=[", "nonsense=1"])
def test_a_bad_assignment_is_refused(assignment):
    with pytest.raises(BenchError):
        load_settings([assignment])


def test_what_snakemake_hands_over_as_text_is_read():
    settings = settings_from({"keep_weights": "true", "array_jobs": "false", "devices_per_run": {"imagenet": "4"}})
    assert (settings.keep_weights, settings.array_jobs, settings.devices_per_run) == (True, False, {"imagenet": 4})
    with pytest.raises(BenchError, match="keep_weights: 'perhaps' is not of type 'boolean'"):
        settings_from({"keep_weights": "perhaps"})
