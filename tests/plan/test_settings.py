"""Settings: defaults, assignments, and faults told in one line."""

import pytest

from bench.plan import BenchError, load_settings, settings_from
from bench.plan.schema import load_yaml
from bench.plan.settings import CONFIG, settings_file, write_settings


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
        ({"precision": "fp8"}, ("precision", "auto, bf16, fp16, fp32")),
        ({"device": "gpu"}, ("device",)),
        ({"threads": 0}, ("threads",)),
        ({"seeds": [0.0]}, ("seeds.0", "expected a whole number such as 3")),
        ({"workers": 2.0}, ("workers", "expected a whole number")),
        ({"plugins": "x.py"}, ("plugins", "expected a list such as [x.py]")),
    ],
)
def test_a_fault_is_one_line_with_what_is_allowed(config, words):
    with pytest.raises(BenchError) as fault:
        settings_from(config)
    assert "\n" not in str(fault.value)
    for word in words:
        assert word in str(fault.value)


def test_assignments_win_over_a_file_and_that_over_the_config(tmp_path):
    (tmp_path / "mine.json").write_text('{"scale": "paper", "threads": 4, "seeds": ["1"]}')
    settings = load_settings(["seeds=[7, 8]", "data_dir=/data/my sets"], tmp_path / "mine.json")
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
    with pytest.raises(BenchError, match="keep_weights: 'perhaps'; expected true or false"):
        settings_from({"keep_weights": "perhaps"})


def test_settings_travel_in_a_file_whose_name_is_their_digest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = settings_from({"scale": "quick", "seeds": [3, 1], "devices_per_run": {"imagenet": 2}, "threads": 2})
    path = settings_file(settings)
    assert not path.exists() and path.parent.as_posix() == "results/work/settings"
    assert write_settings(settings) == path and load_settings((), path) == settings
    assert load_settings(["threads=5"], path).threads == 5  # --set comes last
    before = path.stat().st_mtime_ns
    write_settings(settings)
    assert path.stat().st_mtime_ns == before and list(path.parent.iterdir()) == [path]
    path.write_text("{}")  # not what its name says
    assert load_settings((), write_settings(settings)) == settings
    assert settings_file(settings_from({"data_dir": "/elsewhere"})) != settings_file(settings_from({}))


def test_a_new_method_travels_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = settings_from({"new_method": "mine.py", "new_method_params": {"weight": 0.25}, "compare": ["drrnet/table2"]})
    assert load_settings((), write_settings(settings)) == settings


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "settings.yaml"), ("[1]", "expected a mapping"), ("scal: demo", "unknown key 'scal'"), (None, "no such file")],
)
def test_a_wrong_file_of_settings_is_one_line(tmp_path, text, words):
    path = tmp_path / "settings.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BenchError) as fault:
        load_settings((), path)
    assert words in str(fault.value) and "\n" not in str(fault.value)
